"""Records to events: one data table per source shape, and the code that applies it."""

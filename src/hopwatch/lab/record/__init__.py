"""Records what one run of a tool left, and drafts a detection of it."""

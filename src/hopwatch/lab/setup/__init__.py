"""What to collect for the loaded rules, written as the settings of the tools that collect it."""

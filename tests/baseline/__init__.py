"""What the past teaches, and what it says of a hop."""

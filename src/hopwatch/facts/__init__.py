"""What must be known of all events before any host can be judged."""

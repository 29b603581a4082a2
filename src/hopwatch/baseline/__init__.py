"""What the past teaches: who administers what, from where, how."""

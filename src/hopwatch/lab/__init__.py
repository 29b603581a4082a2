"""An organisation to measure against: simulate it, verify what was written, score what is found."""

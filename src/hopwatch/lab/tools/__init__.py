"""One module per tool: administrators and intruders run the same code."""

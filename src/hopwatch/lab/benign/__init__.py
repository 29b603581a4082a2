"""One module per kind of everyday work."""

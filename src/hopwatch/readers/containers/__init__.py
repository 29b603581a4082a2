"""Archives and compressed streams: what is in them, each member a source of its own."""

"""One module per format that the lab writes."""

"""Bytes to records: one file per container or encoding, chosen by content and not by name."""

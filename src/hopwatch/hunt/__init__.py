"""Queries over the same tables."""

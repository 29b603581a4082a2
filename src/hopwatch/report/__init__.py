"""Hops or rows in, text out; one module per output."""

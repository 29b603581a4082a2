"""Simulate, verify and score a lab."""

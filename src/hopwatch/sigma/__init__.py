"""Sigma rules to SQL over the store."""

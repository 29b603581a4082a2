"""The DuckDB store: the tables that every stage reads and writes."""

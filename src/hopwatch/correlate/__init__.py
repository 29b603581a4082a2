"""From signals, sessions and connections to hops, in SQL."""

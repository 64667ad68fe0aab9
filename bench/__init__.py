"""The benchmark: what a call costs and how fast it is, on a stack of its own. ``python -m bench`` prints one table."""

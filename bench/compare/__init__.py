"""The hotline against its rivals (``bench/rivals``): one machine, one run, contender after contender. ``python -m bench compare``."""

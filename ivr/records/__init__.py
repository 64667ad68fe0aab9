"""What :class:`ivr.store.Store` is made of. ``database`` alone talks to PostgreSQL; the others are one subject each."""

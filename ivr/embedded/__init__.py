"""The local stack: real Asterisks, a real PostgreSQL, the same software as in production. Nothing outside this package imports it."""

"""The web side: health and readiness."""

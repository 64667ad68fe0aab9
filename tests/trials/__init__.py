"""The long ones: ``make trials``."""

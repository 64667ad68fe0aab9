"""The words of the hotline as types, a file for each idea. Frozen dataclasses and enums; no I/O.

Money is integers in minor units (cents) with a currency, times are aware datetimes, durations are seconds.
"""

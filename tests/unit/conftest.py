"""Examples of hypothesis have no deadline of their own: what else this machine does is no fault of the code. Each test's is pytest's."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

"""Settings that hold for all tests."""

from hypothesis import settings

# No test hangs on a timing: a machine with other work is slow, not wrong.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

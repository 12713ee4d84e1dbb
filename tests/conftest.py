"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# one slow example beside other work is no fault: no test asserts a wall-clock time
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")

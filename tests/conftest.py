"""What holds for every test."""

from __future__ import annotations

import signal

from hypothesis import settings

# one slow example beside other work is no fault: no test asserts a wall-clock time
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")

for _number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:  # in the background of a script, or under nohup
        signal.signal(_number, lambda *_: None)  # we go on heeding none, but what the tests start does

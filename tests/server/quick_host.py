"""`coasty-desk` with hosts that are called lost sooner: for tests of what is done then, and not of when. The proportions are those of the program."""

from __future__ import annotations

import sys

from coasty_desk.__main__ import main
from coasty_desk.automation import driving_lease, host_membership

TIMES = {host_membership: {"BEAT": 0.5, "LOST": 8.0, "FREED": 4.0}, driving_lease: {"LEASE": 5.0}}

if __name__ == "__main__":
    for module, values in TIMES.items():
        for name, seconds in values.items():
            assert getattr(module, name) > seconds
            setattr(module, name, seconds)
    sys.exit(main())

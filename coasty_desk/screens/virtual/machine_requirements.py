"""What virtual machines need and have on this computer, for `doctor`."""

from __future__ import annotations

import os
from collections.abc import Iterator

from coasty_desk.desktop.selftest.checks import Check
from coasty_desk.screens.virtual import installed_programs, machine_limits, walls


def checks() -> Iterator[Check]:
    """None fails: only who uses them needs them."""
    if not hasattr(os, "pidfd_open"):
        yield Check("virtual machines", ok=None, detail="they need Linux", remedy="Drive this desktop itself.")
        return
    missing = installed_programs.missing()
    if missing:
        detail = f"there can be none: {' and '.join(missing)} missing"
        yield Check(
            "virtual machines", ok=None, detail=detail, remedy=installed_programs.how_to_get([*missing.values()])
        )
        return
    yield Check("virtual machines", ok=True, detail="Xvfb and openbox are there")
    yield _walls()
    together = machine_limits.counts_together()
    each = "each program has at most its memory, for there is no systemd of yours to count them together"
    yield Check(
        "machine limits", ok=True if together else None, detail="memory is counted together" if together else each
    )
    yield _programs()


def _walls() -> Check:
    here = walls.here()
    if not here.up:
        detail = f"none: {here.fault}; the programs of a virtual machine can do what you can do"
        return Check("machine walls", ok=None, detail=detail, remedy=here.remedy)
    risks = walls.risks(walls.network(wanted=True))
    detail = "programs see their machine's own home, processes and display"
    return Check(
        "machine walls", ok=None if risks else True, detail=" ".join((f"{detail}.", *risks)) if risks else detail
    )


def _programs() -> Check:
    """What a machine's menu offers; a snap starts behind no wall."""
    there = installed_programs.offered()
    lacking = [offer for offer in installed_programs.OFFERS if offer not in there]
    detail = ", ".join(f"{offer.what}: {path.rpartition('/')[2]}" for offer, path in there.items()) or "none"
    if not lacking:
        return Check("machine programs", ok=True, detail=detail)
    names = ", ".join(f"{offer.what.lower()} ({', '.join(offer.names[:3])})" for offer in lacking)
    remedy = f"Install one for all users, and not as a snap: {names}."
    return Check("machine programs", ok=None, detail=detail, remedy=remedy)

"""`coasty-desk doctor` looks for real, and says what to do about what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Shell


def test_a_good_desktop_passes_and_a_missing_key_is_only_noted(shell: Shell, display: str) -> None:
    """Everything that a run needs of the desktop is there; without a key one can still work offline."""
    result = shell("doctor", "--json", DISPLAY=display, COASTY_API_KEY="")
    found = {check["name"]: check["ok"] for check in json.loads(result.out)["checks"]}
    assert result.code == 0
    assert found.pop("API key") is None
    assert {ok for name, ok in found.items() if "machine" not in name} == {True}
    assert found["virtual machines"] is True


def test_without_an_engine_that_reads_it_says_so_and_how_to_get_one(shell: Shell, display: str, tmp_path: Path) -> None:
    """Where the engine has no package for the machine a run with a model works; an offline one is refused with the same words."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nsys.modules['faster_paddle'] = sys.modules['rapidocr'] = None\n"
    )
    without = {"DISPLAY": display, "COASTY_API_KEY": "", "PYTHONPATH": str(tmp_path)}
    result = shell("doctor", "--json", **without)
    (told,) = [check for check in json.loads(result.out)["checks"] if check["name"] == "offline predictor"]
    assert (result.code, told["ok"]) == (0, None)
    refused = shell("run", "--provider", "offline", 'click "OK"', **without)
    assert refused.code == 2
    for words in (told["detail"], told["remedy"]):
        assert words in refused.err


def test_no_display_is_exit_five_with_a_remedy(shell: Shell) -> None:
    """What is missing is named, and what to do about it."""
    result = shell("doctor", COASTY_API_KEY="")
    assert result.code == 5
    assert "xvfb-run" in result.out


def test_the_self_test_proves_every_point_with_its_offset(shell: Shell, display: str) -> None:
    """Nine points of the monitor, five scripts, scroll, drag, the abort key: all hold, each point within a pixel."""
    result = shell("doctor", "--selftest", "--json", DISPLAY=display)
    proofs = json.loads(result.out)["checks"]
    assert result.code == 0
    assert all(proof["ok"] for proof in proofs)
    offsets = [proof["offset"] for proof in proofs if proof["name"].startswith("monitor 1")]
    assert len(offsets) == 9
    assert all(abs(axis) <= 1 for offset in offsets for axis in offset)

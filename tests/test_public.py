"""The names that others may rely on, and the examples that say how."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import coasty_desk

PUBLIC = """
Aborted CoastyDeskError Desktop DesktopError Ending Event Job Limits Person Ports Rect Result
Run RunEnded ServiceError Settings Size Stop UsageError events run
"""


def test_the_public_names_are_these_and_no_others() -> None:
    """A name that appears or goes is a change that somebody meant: `__all__` is sorted, and is this list."""
    assert coasty_desk.__all__ == PUBLIC.split()
    assert sorted(coasty_desk.__all__) == coasty_desk.__all__


@pytest.mark.parametrize("name", PUBLIC.split())
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    """With a docstring of its own, unless it is an alias of types."""
    found = getattr(coasty_desk, name)
    assert name in dir(coasty_desk)
    assert (found.__doc__ or "").strip() or name in {"Action", "PredictStream", "Judging"}


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="nothing_like_it"):
        coasty_desk.nothing_like_it  # noqa: B018 - asking is what is tested


def test_importing_it_loads_nothing() -> None:
    """No room and no library, until a name is asked for."""
    code = "import sys, coasty_desk; print(*[name for name in sys.modules if name.startswith('coasty_desk.')])"
    done = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_example_runs_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    """The ten lines in the package's docstring, with the shipped fakes: what they print is what was done."""
    blocks = re.findall(r"(?:^ {4}.*\n|^\n)+", coasty_desk.__doc__ or "", re.MULTILINE)
    example = next(textwrap.dedent(block) for block in blocks if "StillScreen" in block)
    assert len(example.strip().splitlines()) <= 12
    exec(compile(example, "the example", "exec"), {})  # noqa: S102 - it is our own
    assert capsys.readouterr().out == "about to click at (640, 360)\nsucceeded the task is done\n"


def test_no_module_has_a_public_name() -> None:
    """It would take the name's place as soon as it was loaded."""
    modules = {path.stem for path in Path(coasty_desk.__file__).parent.iterdir()}
    assert not modules & set(coasty_desk.__all__)

"""A secret that was typed where it can be seen: no later picture shows it, kept, sent or of a question."""

from __future__ import annotations

import base64
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from coasty_desk.core.redaction.misread import legible
from coasty_desk.models.offline.vision.engines import best_engine
from tests.cli.conftest import Shell, service
from tests.cli.test_stopping import pressing, typing
from tests.desktop import targets
from tests.desktop.xvfb import xvfb
from tests.stub_service import Service, done, go

pytest.importorskip("faster_paddle")

VALUE = "Tr0ub4dor-77x"
PLAIN = "and what may be read"
OPTIONS = ("--secret", "PW=env:MY_PASSWORD", "--settle", "0.3")


def lines(image: bytes) -> list[str]:
    """What an OCR reads on it, at twice its size as well: nobody who has the picture need read it as we do."""
    whole = Image.open(io.BytesIO(image)).convert("RGB")
    large = io.BytesIO()
    whole.resize((whole.width * 2, whole.height * 2), Image.Resampling.LANCZOS).save(large, "BMP")
    engine = best_engine()
    return [text.text for encoded in (image, large.getvalue()) for text in engine.lines(encoded)]


def readable(image: bytes, text: str) -> bool:
    """Whether any line of the picture says it."""
    return any(legible(line, text) for line in lines(image))


def sent(stand_in: Service) -> list[bytes]:
    """Every screenshot that left the process."""
    return [base64.b64decode(json.loads(request.body)["screenshot"]) for request in stand_in.posts("predict")]


@pytest.mark.parametrize(
    ("width", "height", "value"),
    [(1280, 720, VALUE), (2560, 1440, "4821"), (1280, 720, "zwölf kleine Boxkämpfer")],
)
def test_a_secret_in_a_visible_field_is_in_no_later_picture(shell: Shell, width: int, height: int, value: str) -> None:
    """Safety sentence: from the next picture on it is black wherever it can be read, kept and sent; the rest can still be read."""
    script = (
        go(typing("{{secret:PW}}")),
        go(pressing("enter"), typing(PLAIN)),
        go(pressing("enter"), typing("{{secret:PW}} again")),
        done(),
    )
    with xvfb(width, height) as name, closing(targets.tk(name)) as field, service(*script) as (stand_in, url):
        result = shell("run", "--json", *OPTIONS, "x", DISPLAY=name, COASTY_BASE_URL=url, MY_PASSWORD=value)
        assert field.text() == f"{value}\n{PLAIN}\n{value} again"
    assert result.code == 0, result.err
    pictures = sent(stand_in)
    assert pictures == [path.read_bytes() for path in sorted(shell.home.rglob("frames/*.png"))]
    assert len(pictures) == 4
    assert not any(readable(image, value) for image in pictures[1:])
    assert width > 1280 or readable(pictures[-1], PLAIN)
    told = [json.loads(request.body)["instruction"] for request in stand_in.posts("predict")]
    assert ["PW" in text for text in told] == [False, True, True, True]
    assert not any(value in text for text in told)


APPLICATIONS: dict[str, Callable[[str], Any]] = {
    "gtk": targets.gtk,
    "qt": targets.qt,
    "xterm": targets.Xterm,
}


@pytest.mark.parametrize("application", APPLICATIONS)
def test_the_same_in_other_toolkits(shell: Shell, application: str) -> None:
    """Other fonts, other widgets, a terminal."""
    script = (go(typing("{{secret:PW}}")), done())
    with (
        xvfb(1280, 720) as name,
        closing(APPLICATIONS[application](name)) as target,
        service(*script) as (stand_in, url),
    ):
        target.clear()
        assert shell("run", *OPTIONS, "--yes", "x", DISPLAY=name, COASTY_BASE_URL=url, MY_PASSWORD=VALUE).code == 0
    assert not readable(sent(stand_in)[1], VALUE)


def test_the_picture_of_a_question_does_not_show_it_either(shell: Shell) -> None:
    """Nor one that is kept of it."""
    ours, theirs = pty.openpty()
    with (
        xvfb(1280, 720) as name,
        closing(targets.tk(name)),
        service(go(typing("{{secret:PW}}")), done(pressing("a"))) as (_, url),
    ):
        environment = shell.environment | {"DISPLAY": name, "COASTY_BASE_URL": url, "MY_PASSWORD": VALUE}
        command = [sys.executable, "-m", "coasty_desk", "run", "--json", "--yes", "--step", *OPTIONS, "x"]
        with subprocess.Popen(
            command, env=environment, cwd=shell.home, stdin=theirs, stdout=subprocess.PIPE, text=True
        ) as process:
            os.close(theirs)
            assert process.stdout is not None
            asked = [event for event in answered(process.stdout, ours) if event["event"] == "asked"]
        os.close(ours)
    assert len(asked) == 2
    assert not readable(Path(asked[1]["crop"]).read_bytes(), VALUE)


def answered(output: Iterator[str], terminal: int) -> Iterator[dict[str, Any]]:
    """The events, each question answered with yes."""
    for line in output:
        event = json.loads(line)
        if event["event"] == "asked":
            os.write(terminal, b"y\n")
        yield event


def test_a_run_that_is_taken_up_again_knows_what_it_has_typed(shell: Shell) -> None:
    """The value is on the screen from the sitting before."""
    script = (go(typing("{{secret:PW}}")), go(pressing("a")))
    with xvfb(1280, 720) as name, closing(targets.tk(name)) as field, service(*script) as (stand_in, url):
        environment = {"DISPLAY": name, "COASTY_BASE_URL": url, "MY_PASSWORD": VALUE}
        command = [sys.executable, "-m", "coasty_desk", "run", "--json", "--yes", *OPTIONS, "x"]
        merged = shell.environment | environment
        with subprocess.Popen(command, env=merged, cwd=shell.home, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if json.loads(line)["event"] == "acted":
                    break
            process.kill()
        assert targets.becomes(field.text, VALUE) == VALUE
        stand_in.script = [done()]
        before = len(stand_in.posts("predict"))
        assert shell("resume", "last", "--json", "--yes", **environment).code == 0
        after = sent(stand_in)[before:]
    assert after
    assert not any(readable(image, VALUE) for image in after)


def test_without_a_reader_it_is_said_before_the_run(shell: Shell, display: str) -> None:
    """What is not done is not promised."""
    none = shell.home / "site"
    none.mkdir()
    (none / "sitecustomize.py").write_text(
        "import importlib.util as util\nfind = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name in ('faster_paddle', 'rapidocr') else find(name, *more)\n"
    )
    with service(done()) as (_, url):
        bare = {"DISPLAY": display, "COASTY_BASE_URL": url, "MY_PASSWORD": VALUE, "PYTHONPATH": str(none)}
        result = shell("run", "--yes", *OPTIONS, "x", **bare)
    assert result.code == 0
    assert "no reader is installed" in result.err


def test_no_reader_is_loaded_before_a_secret_is_typed(shell: Shell, display: str) -> None:
    """What is not to be hidden is not waited for."""
    with service(done()) as (_, url):
        environment = {"DISPLAY": display, "COASTY_BASE_URL": url, "MY_PASSWORD": VALUE, "PYTHONPROFILEIMPORTTIME": "1"}
        imported = shell("run", "--yes", *OPTIONS, "x", **environment).err
    assert "coasty_desk.models.offline.secret_boxes" in imported
    assert "faster_paddle" not in imported

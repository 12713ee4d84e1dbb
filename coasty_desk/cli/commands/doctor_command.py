"""`coasty-desk doctor` looks whether everything is here that a run needs."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from importlib import import_module
from typing import Annotated
from urllib.parse import urlsplit

import typer
from msgspec.structs import asdict

from coasty_desk import compose, lifetimes, serve_file
from coasty_desk.cli import configured
from coasty_desk.cli.commands.serving_command import INSTALL_SERVE
from coasty_desk.cli.exits import EXIT_DESKTOP, EXIT_SERVICE
from coasty_desk.cli.setting_options import Options, with_settings
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.typer_groups import Json
from coasty_desk.core.abort import abort_key
from coasty_desk.core.abort.abort_key import AbortKey
from coasty_desk.core.counting import counted
from coasty_desk.core.errors import DesktopError, ServiceError, UsageError
from coasty_desk.core.money import in_cents
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import platform
from coasty_desk.desktop.selftest import checks, proofs
from coasty_desk.desktop.selftest.checks import Check
from coasty_desk.desktop.selftest.proofs import Proof
from coasty_desk.lifetimes import ModelRequest
from coasty_desk.models import calibration, coasty_model
from coasty_desk.models.coasty import account, open_sessions
from coasty_desk.models.offline.a11y import widgets
from coasty_desk.models.offline.vision import engines
from coasty_desk.models.vendor_model import VendorModel
from coasty_desk.screens.virtual import machine_requirements
from coasty_desk.settings import Settings

SWITCH_ON = (
    "For icons by their names, before the program starts: of GTK, install at-spi2-core and leave NO_AT_BRIDGE unset; of Qt, "
    "QT_LINUX_ACCESSIBILITY_ALWAYS_ON=1; Chromium and Electron, ACCESSIBILITY_ENABLED=1 and --force-renderer-accessibility."
)
SERVICE_CHECKS = ("API key", "service", "sessions")


EXAMPLE = "Example:  coasty-desk doctor --provider chat --base-url http://127.0.0.1:11434/v1 --model qwen3-vl:8b"


@with_settings(*("provider", "model", "base_url", "profile"), model="Show it five squares, and find out how it points.")
def doctor(
    options: Options,
    selftest: Annotated[
        bool, typer.Option("--selftest", help="Prove input on a window of its own; hands off meanwhile.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Check display, size, capture, input, keyboard, abort key, key and service."""
    if "model" in options and not selftest:
        return _point(options, as_json=as_json)
    chosen, _ = configured.load({})
    hotkey = abort_key.parse(chosen.abort_hotkey or abort_key.DEFAULT)
    found: list[Check | Proof] = []
    for one in proofs.selftest(chosen.max_size, hotkey) if selftest else _checks(chosen, hotkey):
        found.append(one)
        if not as_json:
            _print(one)
    if as_json:
        print(json.dumps({"checks": [asdict(one) for one in found]}, indent=2))
    failed = {one.name for one in found if one.ok is False}
    if failed - set(SERVICE_CHECKS) or not found:
        return EXIT_DESKTOP
    return EXIT_SERVICE if failed else 0


def _point(options: Mapping[str, object], *, as_json: bool) -> int:
    """Find out how a model points, and keep it for the model there. Exit 4 where it cannot. Raises UsageError, ServiceError."""
    chosen, _ = configured.load(options)
    model = lifetimes.model(chosen.provider)
    if not isinstance(model, VendorModel):
        message = f"There is nothing to find out of how the provider {chosen.provider} points."
        raise UsageError(message, "Name another one with --provider, such as chat.")
    check, found = _pointing(model, chosen)
    if as_json:
        print(json.dumps({"checks": [asdict(check)], **found}, indent=2))
    else:
        _print(check)
    return 0 if check.ok else EXIT_SERVICE


def _pointing(model: VendorModel, chosen: Settings) -> tuple[Check, dict[str, object]]:
    name, url = model.name(chosen), model.url(chosen)
    pointed, is_kept = calibration.calibrated_at(model, ModelRequest(chosen, os.environ, Stop(), "doctor"))
    told: dict[str, object] = {
        "model": name,
        "url": url,
        "space": pointed.space,
        "shrunk_to_pixels": pointed.most,
        "median_distance": pointed.distance,
        "answers": pointed.answers,
        "cost_cents": in_cents(pointed.cost),
    }
    if pointed.distance is None:
        detail = f"{name} points nowhere: {counted(pointed.answers, 'click')} on {len(calibration.PLACES)} pictures"
        return Check("pointing", ok=False, detail=detail, remedy="Choose a model that can see and point."), told
    spaces = {"picture": "in the picture's pixels", "1000": "in thousandths", "1": "in fractions of 1"}
    where = f", {spaces[pointed.space]}" if pointed.space else ""
    shrinks = "" if pointed.most is None else f", of a picture that its server shrinks to {pointed.most:,} pixels"
    kept = "; kept for this model there" if is_kept else ""
    detail = f"{name} is {pointed.distance:.0f} pixels off in the median of {pointed.sent}{where}{shrinks}{kept}"
    remedy = "" if pointed.is_good else "It cannot be let point: choose another model, or another --profile."
    return Check("pointing", ok=pointed.is_good, detail=detail, remedy=remedy), told


def _checks(chosen: Settings, hotkey: AbortKey) -> Iterator[Check]:
    yield from checks.desktop(chosen.max_size, hotkey, chosen.own_terminal)
    yield _offline()
    yield from accessibility()
    yield _own_service(chosen)
    yield from machine_requirements.checks()
    yield from _service(chosen)


def _offline() -> Check:
    """Whether the offline predictor can read a screen; only who uses it needs that."""
    broken = "".join(f"; {package} is there, but cannot be loaded ({why})" for package, why in engines.broken().items())
    try:
        return Check("offline predictor", ok=True, detail=f"reads the screen with {engines.best()}{broken}")
    except UsageError as error:
        return Check("offline predictor", ok=None, detail=error.message, remedy=error.remedy)


def _own_service(chosen: Settings) -> Check:
    """Whether `serve` could start, or has; only who uses it needs that."""
    try:
        serving = import_module("coasty_desk.server.serving")
    except ModuleNotFoundError:
        return Check(
            "own service", ok=None, detail="its packages are not installed", remedy=f"For serve: {INSTALL_SERVE}."
        )
    try:
        told = serve_file.read(compose.runs_folder().parent)
        if told is not None and _listens(told.url):
            return Check("own service", ok=True, detail=f"runs at {told.url}")
        serving.listening(chosen.bind, chosen.port).close()
    except UsageError as error:
        return Check("own service", ok=None, detail=error.message, remedy=error.remedy)
    where = f"could listen at {chosen.bind}, port {chosen.port}" if chosen.port else "takes any port that is free"
    return Check("own service", ok=True, detail=where)


def _listens(url: str) -> bool:
    """Whether somebody is there: a service that was killed has left its file."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=1).close()
    except OSError:
        return False
    return True


def accessibility() -> Iterator[Check]:
    """Which of the open windows tell the offline predictor what is in them, beside what can be read."""
    listed = platform.windows
    try:
        open_now = [] if listed is None else [one for one in listed.windows() if one.title and not one.popup]
    except DesktopError:
        return
    if not open_now:
        return
    told = widgets.telling([widgets.Front(one.title, one.frame) for one in open_now])
    if told is None:
        yield Check(
            "accessibility", ok=None, detail="there is no accessibility bus: icons have no names", remedy=SWITCH_ON
        )
        return
    telling, silent = (
        [one.title for one, does in zip(open_now, told, strict=True) if does is wanted] for wanted in (True, False)
    )
    said = (("tell their names", telling), ("silent", silent))
    detail = "; ".join(f"{what}: {', '.join(titles)}" for what, titles in said if titles)
    yield Check("accessibility", ok=None if silent else True, detail=detail, remedy=SWITCH_ON if silent else "")


def _service(chosen: Settings) -> Iterator[Check]:
    url = coasty_model.address(chosen, os.environ)
    key = coasty_model.api_key(os.environ, url)
    if not key.strip():
        hint = "Set COASTY_API_KEY, or work without it: --provider offline."
        yield Check("API key", ok=None, detail="there is none", remedy=hint)
        return
    try:
        told = account.check(key, url)
    except (ServiceError, UsageError) as error:
        yield Check("service", ok=False, detail=error.message, remedy=error.remedy)
        return
    yield Check("API key", ok=True, detail=f"a {told.kind} key")
    yield Check("service", ok=True, detail=f"{url} answers")
    yield _sessions(chosen)


def _sessions(chosen: Settings) -> Check:
    """Whether the key may do what a run does first, found out by what costs nothing."""
    try:
        with closing(coasty_model.connection(chosen, os.environ)) as connection:
            count = len(open_sessions.listed(connection))
    except ServiceError as error:
        return Check("sessions", ok=False, detail=error.message, remedy=error.remedy)
    hint = "Close what a killed run left: see `coasty-desk sessions list`." if count else ""
    return Check("sessions", ok=True, detail=f"the key may open them; {counted(count, 'is', 'are')} open", remedy=hint)


def _print(check: Check | Proof) -> None:
    mark = {True: "ok", False: "FAIL", None: "note"}[check.ok]
    offset = check.offset if isinstance(check, Proof) else None
    off = "" if offset is None else f" (off by {offset[0]:g}, {offset[1]:g} pixels)"
    print(f"{mark:<5} {check.name:<30} {line(check.detail + off)}", flush=True)
    if check.remedy:
        print(f"{'':<36} {line(check.remedy)}", flush=True)

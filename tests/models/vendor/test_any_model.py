"""The vendors' models as a run has them: keys, prices, sizes, spaces, and the harness's agent; each against a strict stand-in."""

from __future__ import annotations

import io
from collections.abc import Mapping
from itertools import repeat
from typing import Any

import pytest
from PIL import Image, ImageDraw

from coasty_desk import lifetimes, merged_settings, settings
from coasty_desk.benchmark_agent import BenchmarkAgent
from coasty_desk.cli.app import main
from coasty_desk.core import events as ev
from coasty_desk.core.actions import Click
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.limits import Limits
from coasty_desk.core.ports import PredictRequest
from coasty_desk.core.run import Job, Ports, run
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.core.token_prices import TokenPrice
from coasty_desk.desktop.imaging import image_file
from coasty_desk.lifetimes import ModelRequest
from coasty_desk.models import coasty_model, vendor_model
from coasty_desk.models.chat_model import MODEL as CHAT
from coasty_desk.models.vendor_model import VARIABLES, VendorModel
from coasty_desk.settings import Settings
from coasty_desk.testing import OpenGate, RecordingExecutor, StillScreen, strict_rules
from coasty_desk.testing.vendor_stub import VendorStub
from tests.models.vendor import test_anthropic_wire, test_gemini_wire, test_openai_wire
from tests.models.vendor.pointers import (
    Answer,
    chat_says,
    in_fractions,
    in_pixels,
    in_thousandths,
    kimi,
    pointing,
    shrunk_to,
    uitars,
)

VENDORS = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY", "gemini": "GEMINI_API_KEY"}
PRICES = {"a-model": {"in": 2, "out": 10, "read": 0.2, "write": 2.5, "as_of": "2026-11-26"}}


@pytest.fixture(autouse=True)
def _home(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "COASTY_BASE_URL", *VARIABLES.values()):
        monkeypatch.delenv(name, raising=False)


def vendor(name: str) -> VendorModel:
    """The model of that provider."""
    found = lifetimes.model(name)
    assert isinstance(found, VendorModel)
    return found


@pytest.mark.parametrize("name", VENDORS)
def test_a_key_goes_to_its_own_host_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And to this machine itself, where its provider is said to be; no other address has it, by none an answer is asked for."""
    monkeypatch.setattr(vendor_model, "_IN_USE", {})  # what an earlier test of this process has found
    model, environment = vendor(name), dict.fromkeys(VARIABLES.values(), "other") | {VENDORS[name]: "own"}
    assert model.key(Settings(provider=name), environment) == "own"
    assert model.key(Settings(provider=name, base_url="http://127.0.0.1:9"), environment) == "own"
    for url in ("https://collects.keys/v1", "http://10.0.0.7/v1"):
        with pytest.raises(ServiceError, match="no API key"):
            model.key(Settings(provider=name, base_url=url), environment)
    assert own_keys(environment) == {"own", "other"}


def own_keys(environment: Mapping[str, str]) -> set[str]:
    """What nothing that is started, and nothing that is typed, is to have."""
    return {key for name in (*VENDORS, "chat") for key in vendor(name).keys(environment)}


def test_a_chat_server_has_no_vendors_key() -> None:
    """Only the host that a key is of."""
    environment = dict.fromkeys(VARIABLES.values(), "") | {"OPENROUTER_API_KEY": "router", "OPENAI_API_KEY": "openai"}
    for url, key in (
        ("http://127.0.0.1:11434/v1", ""),
        ("http://192.168.0.9:8000/v1", ""),
        ("https://openrouter.ai/api/v1", "router"),
        ("https://api.openai.com/v1", "openai"),
    ):
        assert CHAT.key(Settings(provider="chat", base_url=url, model="m"), environment) == key


def test_a_key_is_not_sent_in_the_open() -> None:
    """Http is for this machine."""
    with pytest.raises(UsageError, match="can read the key"):
        CHAT.demanded("secret", "http://openrouter.ai/api/v1")


def test_what_belongs_to_a_provider_is_not_taken_for_another(tmp_path: Any) -> None:
    """An address in the file is that of the provider beside it; an option names another one."""
    file = tmp_path / "config.toml"
    file.write_text("[run]\nprovider = 'chat'\nbase_url = 'http://127.0.0.1:1/v1'\nmodel = 'm'\n")
    chat, _ = merged_settings.load({}, {"COASTY_BASE_URL": "http://127.0.0.1:2"}, [file])
    assert (chat.provider, chat.base_url, chat.model) == ("chat", "http://127.0.0.1:1/v1", "m")
    other, _ = merged_settings.load({"provider": "anthropic"}, {"COASTY_BASE_URL": "http://127.0.0.1:2"}, [file])
    assert (other.base_url, other.model) == (None, None)
    coasty, _ = merged_settings.load({"provider": "coasty"}, {"COASTY_BASE_URL": "http://127.0.0.1:2"}, [file])
    assert coasty.base_url == "http://127.0.0.1:2"


def test_a_cap_needs_a_price(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is said before anything starts, with what to write."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    assert main(["run", "--provider", "anthropic", "--budget", "50", "look"]) == 2
    said = capsys.readouterr().err
    assert "--budget cannot be kept: nothing is known of what claude-sonnet-5-5 costs" in said
    assert '[prices."claude-sonnet-5-5"]' in said
    local = Settings(provider="chat", base_url="http://127.0.0.1:1/v1", model="m", budget=50)
    assert CHAT.prices(local, Size(1280, 720)) is None
    assert not CHAT.bills(local, {})


def test_a_run_that_costs_nobody_knows_what_is_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody can answer, it is not started."""
    assert main(["run", "--provider", "openai", "look"]) == 2
    said = capsys.readouterr().err
    assert "This run costs what openai charges; how much is not known here" in said
    assert "--yes" in said


def test_cost_knows_the_prices_that_it_was_told(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """And says what to do where it was not."""
    folder = tmp_path / ".config" / "coasty-desk"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[prices."a-model"]\nin = 2\nout = 10\nread = 0.2\nas_of = "2026-11-26"\n')
    assert main(["cost", "--provider", "anthropic", "--model", "a-model", "--steps", "1", "--json"]) == 0
    assert '"total_cents": 8' in capsys.readouterr().out
    assert main(["cost", "--provider", "anthropic", "--model", "another"]) == 2
    assert "Nothing is known of what another costs" in capsys.readouterr().err


@pytest.mark.parametrize(
    "entry", [{}, {"in": 1}, {"in": -1, "out": 1}, {"in": "1", "out": 1}, {"in": 1, "out": 1, "x": 1}, 3]
)
def test_a_price_that_makes_no_sense_is_refused(entry: object) -> None:
    """Nothing in it is guessed."""
    with pytest.raises(UsageError, match="prices"):
        merged_settings.load({"prices": {"m": entry}}, {}, [])
    assert merged_settings.load({"prices": PRICES}, {}, [])[0].prices["a-model"] == TokenPrice(
        2, 10, 0.2, 2.5, "2026-11-26"
    )


SCREENS = [Size(1280, 720), Size(1920, 1080), Size(2560, 1440), Size(1080, 1920)]
SPACES: list[tuple[str, Answer, Any]] = [
    ("ui-tars-1.5-7b", in_pixels, uitars),
    ("ui-tars-1.0", in_thousandths, uitars),
    ("kimi-k2", in_fractions, kimi),
    ("opencua-7b", shrunk_to(1280 * 28 * 28), kimi),
]


@pytest.mark.parametrize("screen", SCREENS, ids=str)
@pytest.mark.parametrize(("model", "answer", "write"), SPACES, ids=["pixels", "of 1000", "of 1", "resized"])
def test_a_click_lands_where_the_model_means_it(screen: Size, model: str, answer: Answer, write: Any) -> None:
    """Within one real pixel of what it said, on every screen and in every space; the picture is left as it is by its server."""
    square = (round(screen.width * 0.83), round(screen.height * 0.77))
    image = Image.new("RGB", (screen.width, screen.height), "white")
    ImageDraw.Draw(image).rectangle((square[0] - 30, square[1] - 30, square[0] + 30, square[1] + 30), "red")
    png = io.BytesIO()
    image.save(png, "PNG")
    said: list[tuple[float, float]] = []
    stub = VendorStub(strict_rules.chat, repeat(pointing(answer, write, said)))
    with stub.serving() as url:
        chosen = Settings(provider="chat", base_url=url, model=model)
        frame = image_file.framed(png.getvalue(), CHAT.size(chosen))
        asking = CHAT.predictor(ModelRequest(chosen, {}, Stop(), "r")).predict(PredictRequest(1, "click", frame))
        with pytest.raises(StopIteration) as end:
            next(asking)
    prediction = end.value.value
    assert stub.forbidden == []
    assert not frame.strays(prediction.actions[0], prediction.space)
    click = frame.place(prediction.actions[0], prediction.space).real
    assert isinstance(click, Click)
    assert click.point is not None
    space = {"ui-tars-1.0": (1000, 1000), "kimi-k2": (1, 1)}.get(model, (frame.sent.width, frame.sent.height))
    exact = [
        place * sent / side * real / content
        for place, side, sent, content, real in zip(
            said[0],
            space,
            (frame.sent.width, frame.sent.height),
            (frame.content.width, frame.content.height),
            (screen.width, screen.height),
            strict=True,
        )
    ]
    assert abs(click.point.x - exact[0]) <= 1
    assert abs(click.point.y - exact[1]) <= 1
    assert max(abs(click.point.x - square[0]), abs(click.point.y - square[1])) <= 1 + screen.width / frame.content.width


def test_a_wrong_space_is_refused_and_named_and_ends_the_run() -> None:
    """After three of them, and nothing was clicked."""
    stub = VendorStub(strict_rules.chat, repeat(chat_says(uitars(1200, 700))))
    executor = RecordingExecutor()
    screen = StillScreen(Size(1920, 1080), sent=Size(1288, 728))
    with stub.serving() as url:
        chosen = Settings(provider="chat", base_url=url, model="ui-tars-1.0")
        model = CHAT.predictor(ModelRequest(chosen, {}, Stop(), "r"))
        job = Job("r", "click", "chat", Rect(0, 0, 1920, 1080), Size(1288, 728), Limits(max_steps=9))
        said = list(run(job, Ports(screen, executor, model, OpenGate(), Stop())))
    end = said[-1]
    assert isinstance(end, ev.RunEnded)
    assert end.ending is ev.Ending.REFUSED
    assert "lies outside 1000x1000" in end.message
    assert "seems to answer in pixels" in end.message
    assert sum(isinstance(event, ev.Refused) for event in said) == 3
    assert executor.performed == []
    assert "lies outside 1000x1000" in str(stub.requests[-1]["messages"])


def _png(width: int = 1920, height: int = 1080) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("provider", "script", "code"),
    [
        (
            "anthropic",
            [
                test_anthropic_wire.says(("left_click", {"coordinate": [640, 360]})),
                test_anthropic_wire.says(("finish", {"status": "done"})),
            ],
            "pyautogui.click(x=960, y=540, clicks=1, button='left')",
        ),
        (
            "openai",
            [
                test_openai_wire.says({"type": "click", "button": "left", "x": 640, "y": 360}),
                test_openai_wire.words("It is done."),
            ],
            "pyautogui.click(x=960, y=540, clicks=1, button='left')",
        ),
        (
            "gemini",
            [test_gemini_wire.says("click", {"x": 500, "y": 500}), test_gemini_wire.words("It is done.")],
            "pyautogui.click(x=960, y=540, clicks=1, button='left')",
        ),
    ],
)
def test_the_harness_has_an_agent_of_any_model(
    provider: str, script: list[Any], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the shape that it calls; the source is for its own machine."""
    monkeypatch.setenv(VENDORS[provider], "k")
    stub = VendorStub(getattr(strict_rules, provider), script)
    with stub.serving() as url:
        agent = BenchmarkAgent(provider, base_url=url, model="a-model")
        agent.reset(None, vm_ip="10.0.0.1")
        assert agent.predict("do it", {"screenshot": _png()})[1] == [code]
        assert agent.predict("do it", {"screenshot": _png()})[1] == ["DONE"]
        agent.close()
    assert stub.forbidden == []


def test_a_run_that_is_taken_up_tells_a_new_conversation_what_was_done() -> None:
    """No other process's calls are answered."""
    wire = vendor("anthropic").wire(Settings(provider="anthropic", model="m"), ["click at (1, 2)"])
    frame = Frame(_png(10, 10), "image/png", Size(10, 10), Size(10, 10), Rect(0, 0, 10, 10))
    wire.show(PredictRequest(3, "the task", frame))
    said = wire.body()["messages"][0]["content"][0]["text"]
    assert said.startswith("the task")
    assert "1. click at (1, 2)" in said


def test_the_services_key_goes_to_the_service_whatever_another_providers_address_is() -> None:
    """As where a replay is healed, or `doctor` looks at the account, and the settings name another provider."""
    chosen = Settings(provider="chat", base_url="http://127.0.0.1:11434/v1", model="m")
    assert coasty_model.address(chosen, {}) == settings.BASE_URL
    assert coasty_model.address(chosen, {"COASTY_BASE_URL": "http://127.0.0.1:2"}) == "http://127.0.0.1:2"
    assert coasty_model.connection(chosen, {"COASTY_API_KEY": "sk-coasty-test-1"}).url == settings.BASE_URL

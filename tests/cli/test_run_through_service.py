"""`coasty-desk run` as a client of `coasty-desk serve`: what speaks to the Coasty API drives this desktop by its base URL alone."""

from __future__ import annotations

import json

from tests.cli.conftest import Shell, recording
from tests.cli.conftest import service as coasty
from tests.server.killed_service import KilledService
from tests.stub_service import KEY, click, done, go


def test_a_run_is_answered_by_the_service_of_this_computer(shell: Shell, display: str) -> None:
    """A session is opened, asked, and closed; nothing is charged; where something is on the screen is asked, too."""
    lines = [
        {
            "status": "continue",
            "actions": [{"action_type": "click", "params": {"x": 300, "y": 200}}],
            "reasoning": "there",
        },
        {
            "status": "continue",
            "actions": [{"action_type": "drag", "params": {"x1": 50, "y1": 60, "x2": 90, "y2": 80}}],
        },
        {"status": "done", "actions": [{"action_type": "type_text", "params": {"text": "hi"}}]},
    ]
    script = shell.home / "script.jsonl"
    script.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    service = KilledService(shell, ("--provider", "script", "--script", str(script)), {})
    service.start()
    try:
        environment = {
            "COASTY_API_KEY": service.key,
            "COASTY_BASE_URL": f"http://127.0.0.1:{service.port}",
            "DISPLAY": display,
        }
        with recording(display) as app:
            done = shell("run", "--json", "say hi", **environment)
            assert done.code == 0, done.err
            pressed = app.wait_for("press", 2)
        assert (pressed[0]["x"], pressed[0]["y"]) == (300, 200)
        assert [event["action"]["action_type"] for event in done.of("acting")] == ["click", "drag", "type_text"]
        ended = done.of("run_ended")[0]
        assert (ended["status"], ended["steps"], ended["cost_cents"]) == ("succeeded", 3, 0)
        assert service.ask("GET", "/v1/sessions").json == {"sessions": []}
        assert shell("ground", "the button", **environment).out.split() == ["300", "200"]
        asked = service.ask("GET", "/v1/usage").json["breakdown"]
        assert asked["sessionPredict"]["requests"] == 3
    finally:
        service.kill()


def test_what_is_passed_on_to_who_charges_is_asked_about_and_capped(shell: Shell, display: str) -> None:
    """Safety sentence: the key of a local service bills nothing by itself; where that passes on to Coasty, a run asks first, keeps its budget, and says what it cost."""
    with coasty(go(click(300, 200)), done()) as (stand_in, url):
        paying = {"COASTY_API_KEY": KEY, "COASTY_BASE_URL": url}
        service = KilledService(shell, ("--provider", "coasty"), paying)
        service.start()
        try:
            environment = {
                "COASTY_API_KEY": service.key,
                "COASTY_BASE_URL": f"http://127.0.0.1:{service.port}",
                "DISPLAY": display,
            }
            asked = shell("run", "--json", "--max-steps", "200", "say hi", **environment)
            assert (asked.code, "may cost up to" in asked.err) == (2, True), asked.err
            capped = shell("run", "--json", "--budget", "5", "say hi", **environment)
            assert (capped.code, capped.of("run_ended")[0]["reason"]) == (3, "budget")
            assert stand_in.charged == 0
            with recording(display):
                agreed = shell("run", "--json", "--yes", "say hi", **environment)
            assert agreed.code == 0, agreed.err
            assert agreed.of("run_ended")[0]["cost_cents"] == stand_in.charged > 0
        finally:
            service.kill()

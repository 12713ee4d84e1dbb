"""An error on the screen is no evidence that all went well."""

from __future__ import annotations

import pytest
from PIL import Image

from coasty_desk.models.offline.steps.error_messages import complaint
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box, Text

WHOLE = [Box(0, 0, 400, 300)]


def _seen(*said: str) -> ReadScreen:
    texts = tuple(Text(one, Box(10, 20 * n, 200, 20 * n + 16)) for n, one in enumerate(said))
    return ReadScreen(Image.new("RGB", (400, 300)), texts, {})


@pytest.mark.parametrize(
    ("before", "after", "task", "heard"),
    [
        (("Send",), ("Send", "Please fill in this field."), 'click "Send"', "Please fill in this field."),
        (("Anmelden",), ("Ungültiges Passwort",), 'click "Anmelden"', "Ungültiges Passwort"),
        (("Pay",), ("Pay", "Your card was declined"), 'click "Pay"', "Your card was declined"),
        (("Pagar",), ("Tarjeta rechazada",), 'click "Pagar"', "Tarjeta rechazada"),
        (("Send",), ("Send", "Thank you"), 'click "Send"', None),
        (("Send", "* required"), ("Send", "*Required", "Thank you"), 'click "Send"', None),
        (("Log",), ("Error log",), 'click "Error log"', None),
        (("Weather",), ("Terrors of the deep",), 'click "Weather"', None),
    ],
)
def test_what_has_come_and_speaks_of_an_error_is_heard(
    before: tuple[str, ...], after: tuple[str, ...], task: str, heard: str | None
) -> None:
    """Not what stood there before, nor what the task itself speaks of, nor a part of another word."""
    assert complaint(_seen(*before), _seen(*after), WHOLE, task) == heard


def test_what_did_not_change_is_not_heard() -> None:
    """A text that was only read otherwise has not come."""
    assert complaint(_seen("Fai1ed"), _seen("Failed once"), [], "click it") is None

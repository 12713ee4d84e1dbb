"""A label is found as engines read it, and never in another word."""

from __future__ import annotations

import pytest

from coasty_desk.models.offline.targeting.matching import Fit, best, every, nearly
from coasty_desk.models.offline.vision.texts import Box, Text


def _text(said: str, confidence: float = 1.0) -> Text:
    return Text(said, Box(0, 0, 9 * len(said), 16), confidence)


@pytest.mark.parametrize(
    ("label", "read", "fit"),
    [
        ("Save As…", "Save As...", Fit.SAME),
        ("Log in", "LOG IN", Fit.WHOLE),
        ("Name", "Name*:", Fit.TRIMMED),
        ("Total 10", "Tota1 1O", Fit.ALIKE),
        ("Delete", "Delete all of my data", Fit.PART),
        ("accept", "acceptable", None),
        ("Room 12", "Room 13", None),
        ("File", "Eile", Fit.EDITED),
        ("Filter", "Eilter", None),
    ],
)
def test_how_well_a_text_fits(label: str, read: str, fit: Fit | None) -> None:
    """From the same to a part; a digit or a word more is another thing."""
    assert next((match.fit for match in every(label, [_text(read)])), None) == fit


def test_only_what_the_engine_was_not_sure_of_may_be_misread() -> None:
    """What it read with confidence is that word."""
    assert not best(every("Preview", [_text("Preview!"[:-1] + "s"), _text("Prevlew")][:1]))
    assert best(every("Settings", [_text("Settlngs", 0.6)]))


def test_a_part_of_a_name_does_not_stand_alone() -> None:
    """Unless it is a thing of its own that was read together with its neighbour."""
    part, own = next(every("Save", [_text("Save As")])), next(every("Save", [_text("Save | Print")]))
    assert (part.stands_alone, own.stands_alone) == (False, True)


def test_what_is_one_letter_off_is_worth_a_closer_look() -> None:
    """Of a label of four letters or more."""
    texts = [_text("Emai"), _text("Name"), _text("Gmails")]
    assert nearly("Email", texts) == texts[:1]
    assert not nearly("On", [_text("Or")])

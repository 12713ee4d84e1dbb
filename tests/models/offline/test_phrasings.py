"""What people say, in four languages: understood as the plain form beside it, or refused with a sentence that helps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec import to_builtins

from coasty_desk.models.offline.language import grammar
from coasty_desk.models.offline.language.grammar import parse
from coasty_desk.models.offline.language.instructions import NotUnderstoodError, shown
from coasty_desk.models.offline.language.phrasebook import LANGUAGES, plain

TABLE = Path(__file__).with_name("phrasings.txt")
UNSEEN = Path(__file__).with_name("phrasings_unseen.txt")


def _rows() -> list[tuple[str, str]]:
    lines = TABLE.read_text("utf-8").splitlines()
    rows = [line.partition(" => ") for line in lines if line and not line.startswith(("#", "["))]
    return [(said, meant) for said, _, meant in rows]


def _meaning(value: object) -> object:
    """Without the words that it was said in, and with keys in small letters."""
    match value:
        case {"strokes": strokes, "times": times}:
            return {"strokes": str(strokes).lower(), "times": times}
        case dict():
            return {name: _meaning(part) for name, part in value.items() if name != "words"}
        case list() | tuple():
            return [_meaning(part) for part in value]
    return value


def _meant(text: str) -> object:
    return [(type(step.does).__name__, _meaning(to_builtins(step.does))) for step in parse(text)]


@pytest.mark.parametrize(("said", "meant"), _rows())
def test_what_people_say_is_understood_or_refused(said: str, meant: str) -> None:
    """Nothing is misread: the plan is that of the plain form, or there is none."""
    if meant.startswith("! "):
        with pytest.raises(NotUnderstoodError) as caught:
            parse(said)
        assert meant.removeprefix("! ") in str(caught.value)
    else:
        assert _meant(said) == _meant(meant)


def test_every_language_has_its_rows() -> None:
    """At least twenty each, and the table is as large as it says."""
    blocks = TABLE.read_text("utf-8").split("\n[")[1:]
    assert [block[:2] for block in blocks] == list(LANGUAGES)
    assert all(block.count(" => ") >= 20 for block in blocks)


def test_labels_and_words_of_a_step_are_the_persons_own() -> None:
    """A label without quotes is not translated, and an event says the step as it was said."""
    step, last = parse("Klicke auf Öffnen, dann warte 2 Sekunden")
    assert (step.words, last.words) == ("Klicke auf Öffnen", "warte 2 Sekunden")
    assert shown([step]) == ["click “Öffnen”"]


def test_what_stands_in_quotes_is_never_looked_into() -> None:
    """Neither as a verb, nor as a negation, nor as where a sentence ends."""
    quoted = "don't. nicht, und klicken"
    for language in LANGUAGES:
        assert f"“{quoted}”" in plain(f"click “{quoted}”", language).text


def test_two_readings_are_refused_with_both_named() -> None:
    """What has a meaning in one language and another in the next is not guessed at."""
    with pytest.raises(NotUnderstoodError) as caught:
        parse("active Norte Botón")
    assert "as “check “Norte Botón”” or as “check button “Norte””" in str(caught.value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrasings_that_nobody_had_in_mind_are_read_rightly_or_refused(language: str) -> None:
    """All of them at once: which are read otherwise is what counts."""
    block = UNSEEN.read_text("utf-8").partition(f"[{language}]\n")[2].partition("\n\n")[0]
    rows = [line.partition(" => ")[::2] for line in block.splitlines()]
    assert len(rows) > 150
    assert {said: got for said, meant in rows if (got := _plan(said)) != meant} == {}


def _plan(said: str) -> str:
    try:
        return "; ".join(line.strip() for line in shown(parse(said)))
    except NotUnderstoodError:
        return "!"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ('Klike auf "Speichern"', "“Klike” wird nicht verstanden (Wort 1)"),
        ('Clicque sur "Enregistrer"', "“Clicque” n'est pas compris (mot 1)"),
        ('Pulssa el botón "Guardar"', "“Pulssa” no se entiende (palabra 1)"),
        ('Clik the button "Save"', "“Clik” is not understood (word 1)"),
    ],
)
def test_a_verb_that_nobody_knows_is_refused_in_the_language_of_the_task(said: str, why: str) -> None:
    """With the nearest form in it."""
    with pytest.raises(NotUnderstoodError) as caught:
        parse(said)
    assert why in str(caught.value)
    assert any(form in str(caught.value) for form in ("klicke auf", "clique sur", "pulsa Ctrl+S", 'click "Save"'))


def test_complaints_are_said_in_every_language() -> None:
    """Each that a table has is one of the program's, and no table lacks one that another has."""
    said = [plain("", language).words_of.complaints for language in LANGUAGES[1:]]
    assert said[0].keys() == said[1].keys() == said[2].keys()
    room = Path(grammar.__file__).parent
    files = [*sorted(room.glob("*.py")), room / "languages" / "en.txt"]
    source = re.sub(r'"\n\s*f?"|["{}]', "", "".join(file.read_text("utf-8") for file in files))
    assert [complaint for complaint in said[0] if complaint not in source] == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Open a new tab", "may be read in two ways"),
        ("Take a screenshot", "is not understood (word 1)"),
        ("Put a plate on a table", "may be read in two ways"),
        ("Send a file to a colleague", "is not understood (word 1)"),
        ("Enviar un archivo a un colega", "no se entiende (palabra 1)"),
        ("Fais une capture", "n'est pas compris (mot 1)"),
    ],
)
def test_what_is_refused_is_refused_in_its_own_language(said: str, words: str) -> None:
    """A word that two languages have, an article of one and a preposition of another, does not decide for the wrong one."""
    with pytest.raises(NotUnderstoodError, match=re.escape(words)):
        parse(said)

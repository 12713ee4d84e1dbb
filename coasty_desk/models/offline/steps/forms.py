"""Filling in: text into fields. Evidence: it reads back, and still does a moment later."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from coasty_desk.core.actions import Action, Click, KeyCombo, PressKeys, TypeText
from coasty_desk.core.keys import chords
from coasty_desk.models.offline.language.instructions import Target, TypeIn
from coasty_desk.models.offline.steps import evidence
from coasty_desk.models.offline.steps.context import LOOKS, CannotError, Context, Doing, Finding
from coasty_desk.models.offline.targeting.fields import LINES, field_of, is_button
from coasty_desk.models.offline.targeting.locating import Located, Missing
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box

ADJOINING = 14
"""A list of completions opens no further from its field, in pixels."""


def type_in(sight: Context, asked: TypeIn) -> Doing:
    """Type the text, in the place of what a field that is named has in it. Evidence: it reads back there."""
    actions: list[Action] = []
    field = None
    said = f"typing “{asked.text}”" if asked.text else "emptying it"
    if asked.field is not None:
        meant = asked.field
        found = yield from find_field(sight, meant)
        found = yield from uncover(sight, found, lambda: find_field(sight, meant))
        field = found.box
        actions += _selecting(sight, found)
        said = f"found the field of {found.said}; {said}"
    actions.append(TypeText(asked.text) if asked.text else PressKeys(("delete",)))
    before = yield from sight.do(said, *actions)
    sight.last = field
    doubted: tuple[ReadScreen, str] | None = None
    for seconds in (*LOOKS, None):
        doubt = _doubt(sight, asked, before, field)
        if doubt is not None and (unsure := evidence.touched(before, sight.seen, field)):
            sight.enlarge(unsure)
            doubt = _doubt(sight, asked, before, field)
        if doubted and field is not None and evidence.is_as_it_was(doubted[0], sight.seen, field):
            doubt = doubted[1]  # the same picture is not believed once it is read otherwise
        if doubt is None:
            break
        doubted = (sight.seen, doubt)
        if seconds is None:
            raise CannotError(why=f"typed “{asked.text}”, but {doubt}" if asked.text else doubt)
        yield from sight.wait("looking for the typed text", seconds)
    if field is not None:
        sight.claim(f"“{asked.text}” in the field", field, lambda: _still_reads(sight, asked, before, field))
    else:
        sight.prove_by("typed", f"“{asked.text}”", evidence.touched(before, sight.seen, None))


def uncover(sight: Context, found: Located, look: Callable[[], Finding]) -> Finding:
    """What was found, once no list of completions lies over it: that swallows a click, and goes with the focus."""
    was, filled = sight.before, sight.last
    if was is None or filled is None or not sight.claims or found.box.meets(filled):
        return found
    beside = filled.grown(ADJOINING)
    come = [box for box in evidence.changes(was, sight.seen) if box.meets(found.box) and box.meets(beside)]
    # its frame, too: an empty list may be as white as the field
    if not come or not evidence.differs(was, sight.seen, found.box):
        return found
    yield from sight.do(f"a list lies over {found.said}; leaving the field that has opened it", PressKeys(("tab",)))
    return (yield from look())


def find_field(sight: Context, target: Target) -> Finding:
    """The label, with the box of the field that it names. Raises CannotError."""
    if not target.label:
        return (yield from sight.find(target))
    return (yield from sight.find_by(lambda: locate_field(sight, target)))


def at_its_value(sight: Context, found: Located) -> Located:
    """Where a list is opened: in a row of settings, at its value, and not in the middle between label and value."""
    values = [value for value in sight.canvas.texts_in(found.box) if value.left > found.label.right]
    if not found.box.centres(found.label) or not values:
        return found
    return replace(found, box=min(values, key=lambda value: value.left))


def find_list(sight: Context, source: Target) -> Finding:
    """The list that a label names; a list may show its own name, as a button does."""
    return (yield from sight.find_by(lambda: _list(sight, source)))


def _list(sight: Context, source: Target) -> Located | Missing:
    found = locate_field(sight, source)
    if isinstance(found, Missing) and not found.several:
        shown = sight.look(source)
        own = sight.canvas.around(shown.label) if isinstance(shown, Located) else None
        if isinstance(shown, Located) and own is not None:
            return replace(shown, box=own)
    return found


def locate_field(sight: Context, target: Target) -> Located | Missing:
    """A label that stands alone; else one that was read together with what is in its field."""

    def has_field(label: Box) -> bool:
        return field_of(label, sight.canvas) is not None

    def is_beside_its_field(label: Box) -> bool:
        box = field_of(label, sight.canvas)
        return box is not None and not box.centres(label)

    def names_a_field(label: Box) -> bool:
        return has_field(label) and not is_button(label, sight.canvas)

    field = replace(target, kind="field")
    found = sight.look(field, suits=is_beside_its_field)  # before a hint in another's field
    if isinstance(found, Missing) and found.several:
        found = sight.look(field, suits=has_field)
    if isinstance(found, Located):
        if found.widget is not None:
            return found
        box = field_of(found.label, sight.canvas)
        if box is None or is_button(found.label, sight.canvas):  # it may be called as a field is, which is meant
            other = sight.look(field, suits=is_beside_its_field, only=names_a_field)
            if isinstance(other, Located) and other.widget is None:
                found, box = other, field_of(other.label, sight.canvas)
        missing = Missing(f"found {found.said}, but no field in it, beside it or below it")
        return replace(found, box=box) if box else missing
    loose = found if found.several else sight.look(target, loosely=True)
    if isinstance(loose, Located):
        box = field_of(loose.label, sight.canvas)
        if box is not None and _holds_the_rest(box, loose):
            return replace(loose, box=box)
    return found


def _holds_the_rest(box: Box, found: Located) -> bool:
    """Whether what follows the label in its line is what stands in the field."""
    begins = found.label.left - found.line.left < found.label.height
    rest = (found.label.right + found.line.right) / 2
    return begins and box.left - found.label.height < rest < box.right


def _selecting(sight: Context, found: Located) -> list[Action]:
    """A click into the field, and what selects its text if there is one."""
    click, inside = Click(found.point), evidence.texts_in(sight.seen, found.box)
    if not inside:
        return [click]
    line = found.label.height if found.widget is None else min(text.box.height for text in inside)
    if found.box.height <= LINES * line:
        return [replace(click, count=3)]  # in every toolkit; Control and A go to the line's beginning in some
    return [click, KeyCombo(chords.stroke(("mod", "a")))]


def _doubt(sight: Context, asked: TypeIn, before: ReadScreen, field: Box | None) -> str | None:
    text, told = asked.text, sight.typed_into(field)
    if told and text:
        whole = evidence.is_told(text, told)
        if whole and not (field is not None and evidence.is_more(text, told)):
            return None
        if whole or not evidence.is_told(text.splitlines()[-1], told):  # of several lines it may be told the last
            return f"it holds “{told[:60]}”"
    if not text:
        return None if field is None or told == "" else evidence.of_emptying(before, sight.seen, field, _label(asked))
    doubt = evidence.of_typing(text, before, sight.seen, field)
    return _more(sight, asked, before, field) if doubt is None and field is not None else doubt


def _more(sight: Context, asked: TypeIn, before: ReadScreen, field: Box) -> str | None:
    return evidence.of_more(asked.text, before, sight.seen, field, _label(asked))


def _label(asked: TypeIn) -> str:
    return "" if asked.field is None else asked.field.label


def _still_reads(sight: Context, asked: TypeIn, before: ReadScreen, field: Box) -> bool:
    there = evidence.is_there(asked.text, sight.seen, field)
    return there and (not asked.text or _more(sight, asked, before, field) is None)

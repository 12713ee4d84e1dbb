"""The syntax tree of an instruction into its values: what grammar.py hands out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from msgspec.structs import replace

from coasty_desk.offline import words
from coasty_desk.offline.language import (
    Choose,
    ClickOn,
    Condition,
    DragTo,
    Hover,
    If,
    Instruction,
    NotUnderstoodError,
    Open,
    Pause,
    Press,
    Read,
    Relation,
    Repeat,
    Step,
    Target,
    Tick,
    Turn,
    TypeIn,
    Verify,
    WaitFor,
)

if TYPE_CHECKING:
    from lark import Token

    from coasty_desk.offline.phrasebook import Plain


class Steps:
    """Builds the values from the leaves up: each rule of grammar.lark has a method of its name.

    It is given the text that was parsed, for the words of each instruction as the person said them.
    """

    def __init__(self, said: Plain) -> None:
        self._said = said
        self.in_quotes = True
        """Whether every label and text stands in quotes."""
        self._named: tuple[str, ...] = ()
        """What `it` may stand for: all that the last instruction which named anything has named."""
        self._last: Target | None = None
        """What `it` stands for, where that is one thing on the screen."""

    def built(self, tree: Any) -> Any:
        """What the tree means. Raises NotUnderstoodError."""
        parts = [self.built(child) if hasattr(child, "data") else child for child in tree.children]
        made = getattr(self, tree.data)(*parts)
        if isinstance(made, Instruction):
            self._name(made)
            return Step(made, self._said.words(tree.meta.start_pos, tree.meta.end_pos))
        if isinstance(made, Condition):
            self._name(made)
        return made

    def _name(self, made: Instruction | Condition) -> None:
        things = named(made)
        if things:
            self._named = tuple(str(thing) if isinstance(thing, Target) else f"“{thing}”" for thing in things)
            self._last = things[0] if isinstance(things[0], Target) else None

    # sentences

    def start(self, *sentences: Any) -> tuple[Step, ...]:
        return tuple(step for sentence in sentences for step in _steps(sentence))

    def both(self, first: Any, rest: Any) -> tuple[Step, ...]:
        return (*_steps(first), *_steps(rest))

    def late_if(self, step: Step, _if: Token, condition: Condition) -> If:
        return If(condition, (step,))

    def when(self, _if: Token, condition: Condition, body: Any) -> If:
        return If(condition, _steps(body))

    def either(self, _if: Token, condition: Condition, body: Any, otherwise: Any) -> If:
        return If(condition, _steps(body), _steps(otherwise))

    def once(self, condition: Condition, body: Any) -> tuple[Step, ...]:
        return (Step(WaitFor(condition), f"until {condition}"), *_steps(body))

    def late_once(self, step: Step, condition: Condition) -> tuple[Step, ...]:
        return self.once(condition, step)

    def repeat(self, times: int, body: Any) -> Repeat:
        return Repeat(_steps(body), times)

    def repeat_until(self, _until: Token, condition: Condition, body: Any) -> Repeat:
        return Repeat(_steps(body), words.UNTIL_ROUNDS, condition)

    # instructions

    def click_here(self, verb: Token, times: int | None) -> Instruction:
        return _click(verb, None, times)

    def click(self, verb: Token, target: Target, times: int | None) -> Instruction:
        return _click(verb, target, times)

    def hover(self, target: Target) -> Hover:
        return Hover(target)

    def path(self, verb: Token, *names: Target) -> tuple[Step, ...]:
        self._name(ClickOn(names[-1]))
        return tuple(Step(_click(verb, name, None), f"{verb} {name}") for name in names)

    def type_text(self, text: str) -> TypeIn:
        return TypeIn(text)

    def type_into(self, text: str, target: Target) -> TypeIn:
        return TypeIn(text, target)

    def type_behind(self, kind: Token, label: Token, text: Token) -> TypeIn:
        return TypeIn(words.to_type(text), Target(words.quoted(label), words.kind_of(kind)))

    def fill(self, target: Target, text: str) -> Instruction:
        if target.kind == "list":
            return Choose(text, target)
        if target.kind in ("checkbox", "radio"):
            message = f"a {target.kind} cannot be filled in: say check “{target.label}”, or uncheck “{target.label}”"
            raise NotUnderstoodError(message)
        return TypeIn(text, target, replace=True)

    def clear(self, target: Target) -> TypeIn:
        return TypeIn("", target, replace=True)

    def press(self, keys: Token, times: int | None) -> Instruction:
        if words.is_label(keys):
            return _click("click", Target(self._said.words(keys.start_pos or 0, keys.end_pos or 0)), times)
        stranger = words.no_key(keys)
        if stranger is not None:
            message = f"“{stranger}” is no key: put what is on the screen in quotes"
            raise NotUnderstoodError(message)
        return Press(words.strokes(keys), times or 1)

    def chord(self, keys: Token, times: int | None) -> Press:
        return Press((words.chord(keys),), times or 1)

    def press_quoted(self, text: Token, kind: Token | None, times: int | None) -> Instruction:
        said = words.quoted(text)
        key = kind is not None and kind.lower() == "key"
        if key or (kind is None and (words.KEYS.fullmatch(said.lower()) or "+" in said)):
            return Press(words.strokes(said), times or 1)
        return _click("click", Target(said, words.kind_of(kind)), times)

    def press_it(self, said: Token, times: int | None) -> Instruction:
        return _click("click", self.it(said), times)

    def press_the(self, target: Target, times: int | None) -> Instruction:
        if not target.kind and words.TWO_WORDS.fullmatch(target.label.lower()):
            return Press(words.strokes(target.label), times or 1)
        return _click("click", target, times)

    def scroll(self, way: Token | None, much: int | None, at: Target | None, until: Condition | None) -> Turn:
        direction = (way or "down").lower()
        sign = 1 if direction.startswith(("up", "right")) else -1
        axis: Literal["vertical", "horizontal"] = (
            "horizontal" if direction.startswith(("left", "right")) else "vertical"
        )
        return Turn(sign * (much or words.NOTCHES), axis, at, until)

    def scroll_to(self, way: Token | None, target: Target) -> Turn:
        return self.scroll(way, None, None, Condition(target))

    def scroll_to_end(self, _way: Token | None, where: Token) -> Turn:
        up = re.search(r"top|start|beginning", where, re.IGNORECASE)
        return Turn(words.END_NOTCHES if up else -words.END_NOTCHES)

    def drag(self, start: Target, end: Target) -> DragTo:
        return DragTo(start, end)

    def pause(self, number: Token, unit: Token) -> Pause:
        return Pause(words.seconds(number, unit))

    def wait_for(self, *parts: Any) -> WaitFor:
        _, condition, number, unit = parts if len(parts) == 4 else (None, *parts)
        return WaitFor(condition, None if number is None else words.seconds(number, unit))

    def wait_up_to(self, number: Token, unit: Token, *rest: Any) -> WaitFor:
        return WaitFor(rest[-1], words.seconds(number, unit))

    def verify(self, condition: Condition) -> Verify:
        return Verify(condition)

    def tick(self, verb: Token, target: Target) -> Tick:
        off = re.match(r"un|disable|.*\boff$", verb, re.IGNORECASE)
        box = replace(target, kind="checkbox") if target.kind == "field" else target
        return Tick(box, on=off is None)

    def choose(self, option: str, source: Target | None) -> Choose:
        return Choose(option, source)

    def choose_among(self, option: str, way: Token, source: Target) -> Choose:
        if words.way(way) != "in":
            message = f"“{option} {way} {source}” may be read in two ways: put what is on the screen in quotes"
            raise NotUnderstoodError(message)
        return Choose(option, source)

    def select_all(self, _words: Token) -> Press:
        return Press((("ctrl", "a"),))

    def read(self, target: Target) -> Read:
        return Read(target)

    def open_words(self, said: str, _app: Token | None) -> Open:
        return Open(said)

    def open_named(self, *parts: Token | None) -> Instruction:
        *_, name, kind = parts
        return _opened(words.quoted(name), kind) if name is not None else Open("")

    def open_kind(self, kind: Token, name: Token) -> Instruction:
        return _opened(words.quoted(name), kind)

    def open_the(self, said: str, kind: Token) -> Instruction:
        return _opened(said, kind)

    def open_kind_of(self, said: Token, kind: Token) -> Instruction:
        return _opened(self._said.words(said.start_pos or 0, said.end_pos or 0), kind)

    # parts

    def until(self, _until: Token, condition: Condition) -> Condition:
        return condition

    def amount(self, number: Token, unit: Token | None) -> int:
        pages = unit is not None and unit.lower().startswith(("page", "screen"))
        return _whole(number) * (words.PAGE_NOTCHES if pages else 1)

    def count(self, said: Token) -> int:
        return _whole(said)

    def is_state(self, target: Target, state: Token | None) -> Condition:
        said = "" if state is None else " ".join(state.lower().split())
        there = not re.search(r"\b(?:not|no longer|gone|disappear\w*|vanish\w*|off)\b|n[o']t\b", said)
        checked = re.search(r"un(?:checked|ticked)|checked|ticked|\bon$|\boff$", said)
        if checked:
            return Condition(target, there=there and not checked[0].startswith("un"), of="box")
        return Condition(target, there, newly=there and bool(re.search(r"appear|come|has ", said)))

    def there_is(self, *parts: Any) -> Condition:
        return Condition(parts[-1], there=parts[0] is None or isinstance(parts[0], Target))

    def target(self, *parts: Any) -> Target:
        named: Target
        named, *relations = [part for part in parts if part is not None]
        return replace(named, relations=tuple(relations))

    def labelled(self, ordinal: Token | None, label: Token, kind: Token | None) -> Target:
        return Target(words.quoted(label), words.kind_of(kind), words.ordinal(ordinal))

    def kind_labelled(self, ordinal: Token | None, kind: Token, label: Token) -> Target:
        return Target(words.quoted(label), words.kind_of(kind), words.ordinal(ordinal))

    def worded(self, ordinal: Token | None, said: str, kind: Token | None) -> Target:
        if ordinal is not None and kind is None and said.islower():
            message = f"“{ordinal} {said}” may be read in two ways: put what is on the screen in quotes"
            raise NotUnderstoodError(message)
        return Target(said, words.kind_of(kind), words.ordinal(ordinal))

    def kind_worded(self, ordinal: Token | None, kind: Token, said: str) -> Target:
        return Target(said, words.kind_of(kind), words.ordinal(ordinal))

    def kind_of_kind(self, ordinal: Token | None, said: Token, kind: Token) -> Target:
        return Target(
            self._said.words(said.start_pos or 0, said.end_pos or 0), words.kind_of(kind), words.ordinal(ordinal)
        )

    def containing(self, ordinal: Token | None, part: Token) -> Target:
        return Target(words.quoted(part), ordinal=words.ordinal(ordinal), part=True)

    def kind_containing(self, ordinal: Token | None, kind: Token, part: Token) -> Target:
        return Target(words.quoted(part), words.kind_of(kind), words.ordinal(ordinal), part=True)

    def of_kind(self, ordinal: Token | None, kind: Token) -> Target:
        if kind[0].isupper():  # `File`, which is a menu's name
            return Target(str(kind), ordinal=words.ordinal(ordinal))
        if not words.kind_of(kind):
            message = f"“{kind}” does not say which {kind}: name it"
            raise NotUnderstoodError(message)
        return Target("", words.kind_of(kind), words.ordinal(ordinal))

    def words(self, *each: Token) -> str:
        said = self._said.words(each[0].start_pos or 0, each[-1].end_pos or 0)
        why = words.no_label(said)
        self.in_quotes = False
        if why is not None:
            message = f"“{said}” may be read in two ways: {why}; put what is on the screen in quotes"
            raise NotUnderstoodError(message)
        return said

    def quoted_text(self, said: Token) -> str:
        return words.to_type(said)

    def bare_text(self, said: str) -> str:
        if not words.is_plainly_a_text(said):
            message = (
                f"“{said}” may be read in two ways: as the text itself, or as what tells which text; "
                "expected a text in quotes"
            )
            raise NotUnderstoodError(message)
        return said

    def quoted(self, said: Token) -> str:
        return words.quoted(said)

    def step_of_path(self, *parts: Any) -> Target:
        found: Target = next(part for part in parts if part is not None)
        return found

    def it(self, word: Token) -> Target:
        said = self._said.words(word.start_pos or 0, word.end_pos or 0)
        if len(self._named) > 1:
            message = f"“{said}” may be {' or '.join(self._named)}: name it once more"
            raise NotUnderstoodError(message)
        if self._last is None:
            before = f"{self._named[0]} is no thing on the screen" if self._named else "nothing is named before it"
            message = f"“{said}” does not say what is meant: {before}; name it"
            raise NotUnderstoodError(message)
        return self._last

    def relation(self, way: Token, target: Target) -> Relation:
        return Relation(words.way(way), target)


def named(made: Instruction | Condition) -> tuple[Target | str, ...]:
    """What an instruction names, of which `it` may be said afterwards."""
    match made:
        case ClickOn(target=target) | Hover(target) | Tick(target) | Read(target) | Condition(target):
            return () if target is None else (target,)
        case TypeIn(text, target):
            return (text,) if target is None else (target,)
        case Turn(at=target, until=None):
            return () if target is None else (target,)
        case DragTo(start, end):
            return (start, end)
        case Choose(option, source):
            return (Target(option),) if source is None else (Target(option), source)
        case Open(name):
            return (name,)
        case Repeat(body):
            return named(body[-1].does)
    return ()


def _steps(made: Any) -> tuple[Step, ...]:
    return made if isinstance(made, tuple) else (made,)


def _whole(number: Token) -> int:
    value = words.number(number)
    if value != int(value) or not 0 < value <= words.MOST:
        message = f"“{number}” is no number of times: it must be a whole one from 1 to {words.MOST}"
        raise NotUnderstoodError(message)
    return int(value)


def _click(verb: str, target: Target | None, times: int | None) -> Instruction:
    said = verb.lower()
    button: Literal["left", "right", "middle"] = (
        "right" if "right" in said else "middle" if "middle" in said else "left"
    )
    count = 2 if "double" in said else 3 if "triple" in said else 1
    held = tuple(re.findall(r"ctrl|control|shift|alt|cmd|super", said))
    click = ClickOn(target, button, count, held)
    return click if times in (None, 1) else Repeat((Step(click, str(target or verb)),), times or 1)


def _opened(name: str, kind: Token | None) -> Instruction:
    said = "" if kind is None else kind.lower()
    if not said:
        return Open(name)
    return ClickOn(Target(name, words.kind_of(kind)), count=2 if said in ("file", "folder", "directory", "icon") else 1)

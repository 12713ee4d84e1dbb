"""The syntax tree of an instruction into its values: what grammar.py hands out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from msgspec.structs import replace

from coasty_desk.core.keys.chords import UnknownKey
from coasty_desk.models.offline.language import vocabulary
from coasty_desk.models.offline.language.instructions import (
    BOXES,
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
    Way,
)
from coasty_desk.models.offline.language.phrasebook import NAMING, Plain, without_quoted

if TYPE_CHECKING:
    from lark import Token


_LATE = ("late_if", "late_once")
"""What is said first is done last: `click "Accept" if it appears`."""


class Steps:
    """Builds the values from the leaves up: each rule of grammar.lark has a method of its name.

    It is given the text that was parsed, for the words of each instruction as the person said them.
    """

    def __init__(self, said: Plain) -> None:
        self._said = said
        self._loose: dict[str, tuple[int, int]] = {}
        """Labels without quotes, and where each was."""
        self._vague: set[str] = set()
        """Those of them that may be no labels: `the toolbar`."""
        self._stateless: set[str] = set()
        """Those of them of which a condition says nothing."""
        self._began = 0
        """Where the last label without quotes began."""
        self._named: tuple[Target | str, ...] = ()
        """What `it` may stand for: all that the last instruction which named anything has named."""
        self._is_there = False
        """Whether that was there when it was named: it has been acted on."""
        self._kind_said = ""
        """The last word for a kind without a name."""
        self._said_it = ""
        """The word that was said for it, until that is looked at."""

    def built(self, tree: Any) -> Any:
        """What the tree means. Raises NotUnderstoodError."""
        parts = []
        for child in tree.children:
            parts.append(self.built(child) if hasattr(child, "data") else child)
            self._is_there = self._is_there and tree.data not in _LATE
        made = getattr(self, tree.data)(*parts)
        if tree.data == "both":
            self._must_bind(tree)
        if isinstance(made, Instruction | Condition):
            self._must_be_plain(made)
            self._name(made)
        if isinstance(made, Instruction):
            return Step(made, self._said.words(tree.meta.start_pos, tree.meta.end_pos))
        return made

    def _must_bind(self, tree: Any) -> None:
        """`click A and click B if …`: whether the condition is of both is not said. Raises NotUnderstoodError."""
        first, rest = tree.children
        joint = self._said.text[first.meta.end_pos : rest.meta.start_pos]
        if rest.data in (*_LATE, "late_until") and not re.search("then", joint, re.IGNORECASE):
            message = (
                "it does not say whether all of it is done on that condition, or the last: say the condition first"
            )
            raise NotUnderstoodError(message)

    def _must_be_plain(self, made: Instruction | Condition) -> None:
        """What is described and not named is told from no screen. Raises NotUnderstoodError."""
        words = self._said.words_of
        match made:
            case Turn(until=Condition(target)) | Turn(at=Target() as target):
                things = [target]
            case Choose(option, source):  # what it is chosen from may be described
                things = [Target(option)]
                self._must_be_usual(source)
            case ClickOn() | Hover() | DragTo() | Condition():
                things = [thing for thing in named(made) if isinstance(thing, Target)]
            case Tick(target) if target.label.lower() not in words.names:
                things = [target]
            case Read(target) if target.label.lower() not in words.values:
                self._must_be_usual(target)
                things = [target]
            case TypeIn(field=target):
                self._must_be_usual(target)
                if target and target.kind not in ("", "field", "list", "text"):
                    message = f"a {target.kind} cannot be filled in: name the field"
                    raise NotUnderstoodError(message)
                return
            case _:
                return
        for one in [*things, *(relation.target for thing in things for relation in thing.relations)]:
            if one.label in self._vague:
                raise NotUnderstoodError(_two_ways(one.label))

    def _must_be_usual(self, field: Target | None) -> None:
        """`in Großbuchstaben` is no field: where every noun has a capital it must be a usual one. Raises NotUnderstoodError."""
        words = self._said.words_of
        loose = field is not None and not field.kind and field.label in self._loose
        if loose and field and words.language == "de" and field.label.lower() not in words.names:
            raise NotUnderstoodError(_two_ways(field.label))

    def _name(self, made: Instruction | Condition) -> None:
        things = named(made)
        if things:
            self._named = things
            self._is_there = isinstance(made, Instruction)

    # sentences

    def start(self, *sentences: Any) -> tuple[Step, ...]:
        return tuple(step for sentence in sentences for step in _steps(sentence))

    def both(self, first: Any, rest: Any) -> tuple[Step, ...]:
        return (*_steps(first), *_steps(rest))

    def _seen(self, condition: Condition) -> Condition:
        """`if Bob agrees`: of what has no quotes it must be said that it is to be seen. Raises NotUnderstoodError."""
        if condition.target.label in self._stateless:
            message = f"“{condition.target.label}” does not say what is to be seen: say “…” is visible, with its text in quotes"
            raise NotUnderstoodError(message)
        return condition

    def late_if(self, step: Step, word: Token, condition: Condition) -> If:
        if self._source(word).lower().strip(" ,") == "wenn":
            message = "“wenn” may mean falls or sobald: say which of them"
            raise NotUnderstoodError(message)
        self._seen(condition)
        return If(condition, (step,))

    def when(self, _if: Token, condition: Condition, body: Any, otherwise: Any = ()) -> If:
        return If(self._seen(condition), _steps(body), _steps(otherwise))

    def once(self, condition: Condition, body: Any) -> tuple[Step, ...]:
        return (Step(WaitFor(self._seen(condition)), f"until {condition}"), *_steps(body))

    def late_once(self, step: Step, condition: Condition) -> tuple[Step, ...]:
        return self.once(condition, step)

    def repeat(self, times: int, body: Any) -> Repeat:
        return Repeat(_steps(body), times)

    def late_until(self, step: Step, condition: Condition, *then: Any) -> Any:
        if not isinstance(step.does, ClickOn | Press):  # `wait 5 seconds until …`, `type "a" until …`
            raise NotUnderstoodError(_two_ways(f"{step.words} until {condition}"))
        repeat = self.repeat_until(condition, step)
        return (self._also(repeat, step.words), *_steps(then[0])) if then else repeat

    def repeat_until(self, condition: Condition, body: Any) -> Repeat:
        return Repeat(_steps(body), vocabulary.UNTIL_ROUNDS, self._seen(condition))

    # instructions

    def click_here(self, verb: Token, times: int | None) -> Instruction:
        return _click(verb, None, times)

    def click(self, verb: Token, target: Target, times: int | None) -> Instruction:
        if self._source(verb).lower().startswith(("geh", "wechs")):  # `Gehe zu Fuß`
            self._must_be_usual(target)
        return _click(verb, target, times)

    def clicks(self, verb: Token, *targets: Target) -> tuple[Step, ...]:
        if re.search("right|middle|double|triple", verb, re.IGNORECASE):
            message = f"“{self._source(verb)}” may be meant for the first alone: say of each how it is clicked"
            raise NotUnderstoodError(message)
        return self.path(verb, *targets)

    def click_inside(self, verb: Token, way: Token, target: Target, times: int | None) -> Instruction:
        if vocabulary.way(way) != "in":
            message = f"it does not say what {way} {target} is to be clicked: name it, or its kind"
            raise NotUnderstoodError(message)
        return _click(verb, target, times)

    def click_among(self, verb: Token, way: Token, beside: Target, target: Target) -> Any:
        click = _click(verb, target, None)
        if vocabulary.way(way) == "in":
            return self.in_front(beside, Step(click, f"{verb} {target}"))
        return _click(verb, _related(target, vocabulary.way(way), beside), None)

    def click_in(self, verb: Token, place: Target, target: Target) -> Any:
        if {place.label, target.label} <= self._loose.keys():
            whole = self._said.words(self._loose[place.label][0], self._loose[target.label][1])
            if whole.lower() in self._said.words_of.names:  # `Ajouter au panier`
                return _click(verb, Target(whole), None)
        self._must_be_no_purpose(target)
        return self.in_front(place, Step(_click(verb, target, None), f"{verb} {target}"))

    def in_front(self, place: Target, step: Step) -> Any:
        """What is done `in the menu "File"`, `in the field "Name"`, `in the row "Berlin"`."""
        match place.kind, step.does:
            case "" | "field", TypeIn(text, None):
                return Step(TypeIn(text, place), step.words)
            case (("menu" | "tab"), ClickOn() | Choose(source=None)):
                return (self._also(ClickOn(place), str(place)), step)
            case "list", Choose(option, None) | ClickOn(Target(option, "")):
                return Step(Choose(option, place), step.words)
            case (("row" | "window"), ClickOn(Target() as target) as click):
                way: Literal["in the row of", "in"] = "in the row of" if place.kind == "row" else "in"
                return Step(replace(click, target=_related(target, way, place)), step.words)
        message = f"“{place}” may be a menu, a list or a place: say so, as in: click the menu “File”, then click “Open”"
        raise NotUnderstoodError(message)

    def _also(self, does: Instruction, said: str) -> Step:
        self._must_be_plain(does)
        self._name(does)
        return Step(does, said)

    hover = Hover

    def path(self, verb: str, *names: Target) -> tuple[Step, ...]:
        return tuple(self._also(_click(verb, name, None), f"{verb} {name}") for name in names)

    def path_from(self, first: str, *names: Target) -> tuple[Step, ...]:
        return self.path("click", Target(first), *names)

    def path_alone(self, first: Token, *names: Target) -> tuple[Step, ...]:
        head = self._source(first)
        self._must_be_a_name(head)
        return self.path_from(head, *names)

    def type_text(self, text: str) -> TypeIn:
        words = self._said.words_of
        if text in self._loose and words.language == "de" and text.isalpha() and text.lower() not in words.texts:
            raise NotUnderstoodError(_two_ways(text))  # every noun has a capital
        return TypeIn(text)

    def type_into(self, *parts: Any) -> Any:
        typed = [self._typed(said, place) for said, place in zip(parts[::2], parts[1::2], strict=True)]
        return typed[0] if len(typed) == 1 else tuple(self._also(each, "type") for each in typed)

    def _typed(self, said: str, place: Target | Relation) -> TypeIn:
        if isinstance(place, Target):
            return TypeIn(said, place)
        if place.way != "in":
            raise NotUnderstoodError(_two_ways(f"{said} {place.way} {place.target}"))
        return TypeIn(said, place.target)

    def type_behind(self, *parts: Token) -> TypeIn:
        *before, label, text = parts
        kind = next((token for token in before if token.type == "KIND"), None)
        return TypeIn(vocabulary.to_type(text), Target(vocabulary.quoted(label), vocabulary.kind_of(kind)))

    def fill(self, *parts: Any) -> Any:
        filled = [self._filled(target, text) for target, text in zip(parts[::2], parts[1::2], strict=True)]
        return filled[0] if len(filled) == 1 else tuple(self._also(each, "fill") for each in filled)

    def set_to(self, target: Target, text: str) -> Instruction:
        if not target.kind:
            message = (
                f"{target} may be a field, a list or a slider: say type “{text}” into the field {target}, or "
                f"select “{text}” in the list {target}"
            )
            raise NotUnderstoodError(message)
        return self._filled(target, text)

    def _filled(self, target: Target, text: str) -> Instruction:
        if target.kind == "list":
            return Choose(text, target)
        if target.kind in BOXES:
            message = f"a {target.kind} cannot be filled in: say check “{target.label}”, or uncheck “{target.label}”"
            raise NotUnderstoodError(message)
        return TypeIn(text, target, replace=True)

    def clear(self, verb: Token, target: Target) -> TypeIn:
        if not target.kind and (target.label in self._loose or verb.lower() != "clear"):
            message = f"{target} may be more than a field: say clear the field {target}"
            raise NotUnderstoodError(message)
        return TypeIn("", target, replace=True)

    def press(self, keys: Token, times: int | None) -> Instruction:
        plainly = keys.replace(NAMING, "")
        if vocabulary.AMBIGUOUS_KEYS.fullmatch(plainly):
            raise NotUnderstoodError(_two_ways(self._source(keys)))
        if vocabulary.is_label(plainly):
            self._must_be_a_name(self._source(keys))
            words = self._said.words_of
            if words.language == "de" and not plainly.isupper() and plainly.lower() not in words.names | words.pointing:
                raise NotUnderstoodError(_two_ways(keys))  # `Drücke Daumen`
            return _click("click", Target(self._source(keys)), times)
        stranger = vocabulary.no_key(plainly)
        if stranger is not None:
            message = f"“{stranger}” is no key: put what is on the screen in quotes"
            raise NotUnderstoodError(message)
        strokes = vocabulary.strokes(plainly)
        if len(strokes) > 1 and any(one[0] in self._said.words_of.pointing for one in strokes):  # `Intro o Tab`
            raise NotUnderstoodError(_two_ways(plainly))
        if any(len(one) == 1 and one[0].lower() in vocabulary.HELD for one in strokes):
            message = f"“{self._source(keys)}” alone does nothing: say ctrl+click “…”, or press ctrl+s"
            raise NotUnderstoodError(message)
        return _press(strokes, times)

    def chord(self, keys: Token, times: int | None) -> Press:
        return _press(vocabulary.strokes(keys.replace(NAMING, "")), times)

    def press_quoted(self, text: Token, kind: Token | None, times: int | None) -> Instruction:
        said = vocabulary.quoted(text)
        key = kind is not None and kind.lower() == "key"
        if key or (kind is None and (vocabulary.KEYS.fullmatch(said.lower()) or "+" in said)):
            return _press(vocabulary.strokes(said), times)
        return _click("click", Target(said, vocabulary.kind_of(kind)), times)

    def press_it(self, said: Token, times: int | None) -> Instruction:
        return _click("click", self.it(said), times)

    def press_the(self, target: Target, times: int | None) -> Instruction:
        said = target.label.lower()
        is_key = vocabulary.TWO_WORDS.fullmatch(said) or (len(said) > 1 and vocabulary.KEYS.fullmatch(said))
        if not target.kind and not target.relations and is_key:
            return _press(vocabulary.strokes(target.label), times)
        return _click("click", target, times)

    def scroll(self, way: Token | None, much: int | None, at: Target | None, until: Condition | None) -> Turn:
        direction = (way or "down").lower()
        sign = 1 if direction.startswith(("up", "right")) else -1
        axis: Literal["vertical", "horizontal"] = (
            "horizontal" if direction.startswith(("left", "right")) else "vertical"
        )
        return Turn(sign * (much or vocabulary.NOTCHES), axis, at, until)

    def scroll_to(self, way: Token | None, target: Target) -> Turn:
        self._must_be_no_purpose(target)
        return self.scroll(way, None, None, Condition(target))

    def _must_be_no_purpose(self, target: Target) -> None:
        """`scroll down to continue` says what for. Raises NotUnderstoodError."""
        if target.label in self._loose and target.label.islower() and not target.kind:
            raise NotUnderstoodError(_two_ways(target.label))

    def scroll_to_end(self, _way: Token | None, where: Token) -> Turn:
        up = re.search(r"top|start|beginning", where, re.IGNORECASE)
        return Turn(vocabulary.END_NOTCHES if up else -vocabulary.END_NOTCHES)

    def drag(self, start: Target, end: Target) -> DragTo:
        self._must_be_no_purpose(end)
        return DragTo(start, end)

    def drag_into(self, start: Target) -> DragTo:
        if not start.relations or start.relations[-1].way != "in":
            message = f"it does not say where {start} is to be dragged to: say drag “a.txt” to “Archive”"
            raise NotUnderstoodError(message)
        return DragTo(replace(start, relations=start.relations[:-1]), start.relations[-1].target)

    def pause(self, number: Token, unit: Token) -> Pause:
        return Pause(vocabulary.seconds(number, unit))

    def wait_for(self, condition: Condition, number: Token | None, unit: Token) -> WaitFor:
        return WaitFor(self._seen(condition), None if number is None else vocabulary.seconds(number, unit))

    def wait_up_to(self, number: Token, unit: Token, condition: Condition) -> WaitFor:
        return self.wait_for(condition, number, unit)

    def verify(self, condition: Condition) -> Verify:
        return Verify(self._seen(condition))

    def tick(self, verb: Token, *targets: Target) -> Tick | tuple[Step, ...]:
        on = re.match(r"un|disable|.*\boff$", verb, re.IGNORECASE) is None
        loose = not targets[0].kind and targets[0].label in self._loose  # `check Inbox for new mail`
        if verb.lower() == "check" and self._source(verb).lower() == verb.lower() and loose:
            message = f"“{verb} {targets[0]}” may be read in two ways: say tick, or make sure"
            raise NotUnderstoodError(message)
        boxes = [replace(one, kind="checkbox") if one.kind == "field" else one for one in targets]
        if len(boxes) == 1:
            return Tick(boxes[0], on=on)
        return tuple(self._also(Tick(box, on=on), f"{verb} {box}") for box in boxes)

    def choose(self, option: str, source: Target | None) -> Choose:
        if option in self._loose and self._has_an_article(self._loose[option][0]) and not self._is_named(option):
            raise NotUnderstoodError(_two_ways(option))
        return Choose(option, source)

    def choose_as(self, option: str, source: Target) -> Choose:
        if option in self._loose and source.label in self._loose and not self._has_an_article(self._began):
            raise NotUnderstoodError(_two_ways(f"{option} as {source.label}"))  # `Export as PDF`
        return self.choose(option, source)

    def choose_among(self, option: str, way: Token, source: Target) -> Choose:
        if vocabulary.way(way) != "in":
            raise NotUnderstoodError(_two_ways(f"{option} {way} {source}"))
        return Choose(option, source)

    def choose_in(self, way: Token, source: Target, option: str) -> Choose:
        return self.choose_among(option, way, source)

    def select_all(self) -> Press:
        return Press((("ctrl", "a"),))

    read = Read

    open_app = Open

    def open_kind(self, kind: Token, name: str) -> Instruction:
        if not vocabulary.OPENABLE.fullmatch(kind.lower()):
            return Open(f"{self._source(kind)} {name}")
        return self.opened(name, kind)

    def open_kind_of(self, said: Token, kind: Token) -> Instruction:
        name, kind = (kind, said) if kind[0].isupper() and said[0].islower() else (said, kind)
        return self.opened(self._source(name), kind)

    def opened(self, name: str, kind: Token | None) -> Instruction:
        said = "" if kind is None else kind.lower()
        if kind is None or not vocabulary.OPENABLE.fullmatch(said):
            if vocabulary.FILE.fullmatch(name):
                message = f"“{name}” may be a file: say double-click “{name}”, or open the file “{name}”"
                raise NotUnderstoodError(message)
            words = self._said.words_of
            described = name in self._loose and (
                name.islower()
                or name.lower() in words.names
                or (name.isalnum() and name.lower().endswith(vocabulary.DEEDS))
                or not self._is_named(name)
            )
            if described and name.lower() not in words.applications:
                message = f"“{name}” may be an application or a thing on the screen: say open the application “…”, or click “…”"
                raise NotUnderstoodError(message)
            return Open(name if kind is None else f"{name} {self._source(kind)}")
        icon = said in ("file", "folder", "directory", "icon")
        return ClickOn(Target(name, vocabulary.kind_of(kind)), count=2 if icon else 1)

    # parts

    def amount(self, number: Token, unit: Token | None) -> int:
        pages = unit is not None and unit.lower().startswith(("page", "screen"))
        return vocabulary.whole(number) * (vocabulary.PAGE_NOTCHES if pages else 1)

    def is_state(self, target: Target, state: Token | None = None) -> Condition:
        said = "" if state is None else " ".join(state.lower().split())
        somebody = state is not None and target.label.isalpha() and _IS_IN.search(self._source(state)) is not None
        if (state is None or somebody) and not target.kind and target.label in self._loose:
            self._stateless.add(target.label)
        there = not re.search(r"\b(?:not|no longer|gone|disappear\w*|vanish\w*|off)\b|n[o']t\b", said)
        checked = re.search(r"un(?:checked|ticked)|checked|ticked|\bon$|\boff$", said)
        if checked:
            return Condition(target, there=there and not checked[0].startswith("un"), of="box")
        newly = there and bool(re.search(r"appear|come|has ", said))
        pointed, self._said_it = self._said_it, ""
        if pointed and self._is_there and (newly or state is None):
            message = f"“{pointed}” stands for {target}, which was there before: name what is to appear"
            raise NotUnderstoodError(message)
        return Condition(target, there, newly=newly)

    def contains(self, target: Target, text: str) -> Condition:
        holder = target if target.kind else replace(target, kind="field")
        return Condition(Target(text, relations=(Relation("in", holder),)))

    def contains_not(self, target: Target, text: str) -> Condition:
        return replace(self.contains(target, text), there=False)

    there_is = Condition

    def there_is_no(self, target: Target) -> Condition:
        return Condition(target, there=False)

    def target(self, named: Target, *relations: Relation) -> Target:
        if not named.label and not relations:
            message = f"“{self._kind_said}” does not say which: name a text in it or beside it"
            raise NotUnderstoodError(message)
        return replace(named, relations=relations)

    def labelled(self, ordinal: Token | None, *named: Token | None) -> Target:
        by_type = {token.type: token for token in named if token is not None}
        kind = vocabulary.kind_of(by_type.get("KIND", by_type.get("KINDS")))
        return Target(vocabulary.quoted(by_type["STRING"]), kind, vocabulary.ordinal(ordinal))

    def containing(self, *named: Token | None) -> Target:
        return replace(self.labelled(*named), part=True)

    def worded(self, ordinal: Token | None, said: str, kind: Token | None) -> Target:
        if ordinal is not None and (said.islower() or not (kind or self._is_named(said))):  # `the last login button`
            raise NotUnderstoodError(_two_ways(f"{ordinal} {said}"))
        if kind is not None and not self._has_an_article(
            self._began
        ):  # `the Copy link` is a link, `Copy link` may be a name
            named = ordinal is None and vocabulary.kind_of(kind) not in vocabulary.TELLING
            if named or vocabulary.is_whose(said, self._said.words_of):
                raise NotUnderstoodError(_two_ways(f"{said} {self._source(kind)}"))
        if kind is None and not self._is_named(said) and self._has_an_article(self._began):
            self._vague.add(said)
        return Target(said, vocabulary.kind_of(kind), vocabulary.ordinal(ordinal))

    def _is_named(self, said: str) -> bool:
        """Whether it begins with a capital, in a language where not every noun does."""
        return said.isupper() or (said[:1].isupper() and self._said.words_of.language != "de")

    def kind_worded(self, ordinal: Token | None, kind: Token, said: str) -> Target:
        name = self._source(kind)
        if (
            name[0].isupper()
            and ordinal is None
            and (vocabulary.kind_of(kind) not in vocabulary.TELLING or said[0].islower())
            and not self._has_an_article(kind.start_pos or 0)
        ):
            raise NotUnderstoodError(_two_ways(f"{name} {said}"))
        return Target(said, vocabulary.kind_of(kind), vocabulary.ordinal(ordinal))

    def kind_of_kind(self, ordinal: Token | None, said: Token, kind: Token) -> Target:
        if kind[0].isupper() and said[0].islower():  # `the menu File`
            said, kind = kind, said
        return Target(self._source(said), vocabulary.kind_of(kind), vocabulary.ordinal(ordinal))

    def of_kind(self, ordinal: Token | None, kind: Token) -> Target:
        if kind[0].isupper():  # `File`, which is a menu's name
            return Target(str(kind), ordinal=vocabulary.ordinal(ordinal))
        if not vocabulary.kind_of(kind):
            message = f"“{kind}” does not say which {kind}: name it"
            raise NotUnderstoodError(message)
        self._kind_said = self._source(kind)
        return Target("", vocabulary.kind_of(kind), vocabulary.ordinal(ordinal))

    def words(self, *each: Token) -> str:
        self._began = each[0].start_pos or 0
        said = self._said.words(self._began, each[-1].end_pos or 0)
        before = self._said.source[: self._said.place(self._began, self._began + 1)[0]].rstrip()
        begins = not before or before[-1] in ".;:!?"  # with a capital, whatever it is
        self._must_be_a_name(said, begins=begins)
        self._loose[said] = (self._began, each[-1].end_pos or 0)
        return said

    def _must_be_a_name(self, said: str, *, begins: bool = False) -> None:
        """What has no quotes must be a name in each of its words. Raises NotUnderstoodError."""
        words = self._said.words_of
        written = without_quoted(self._said.source).split()
        telling = any(word[0].islower() for word in written)  # whether a capital says anything
        if not telling and (len(said.split()) > 2 or (said.isupper() and len(said.split()) > 1)) and len(written) > 1:
            raise NotUnderstoodError(_two_ways(said))
        why = vocabulary.no_label(said[0].lower() + said[1:] if begins else said, words)
        known = said.lower() in words.applications or set(said.lower().split()) <= words.texts
        if why is not None and not known:
            message = f"“{said}” may be read in two ways: {why}; put what is on the screen in quotes"
            raise NotUnderstoodError(message)

    quoted = staticmethod(vocabulary.quoted)
    quoted_text = staticmethod(vocabulary.to_type)
    count = staticmethod(vocabulary.whole)

    def bare_text(self, said: str) -> str:
        if not vocabulary.is_plainly_a_text(said, self._said.words_of):
            message = (
                f"“{said}” may be read in two ways: as the text itself, or as what tells which text; "
                "expected a text in quotes"
            )
            raise NotUnderstoodError(message)
        return said

    def _source(self, token: Token) -> str:
        return self._said.words(token.start_pos or 0, token.end_pos or 0)

    def _has_an_article(self, at: int) -> bool:
        before = self._said.source[: self._said.place(at, at + 1)[0]]
        return bool(_ARTICLE.search(before))

    def named_in_path(self, name: Token) -> Target:  # `View > Line Numbers` is no line
        return Target(self._source(name))

    def it(self, word: Token) -> Target:
        said = self._source(word)
        names = [str(thing) if isinstance(thing, Target) else f"“{thing}”" for thing in self._named]
        match self._named:
            case (Target() as target,):
                self._said_it = said
                return target
            case ():
                message = f"“{said}” does not say what is meant: nothing is named before it; name it"
            case (_,):
                message = f"“{said}” does not say what is meant: {names[0]} is no thing on the screen; name it"
            case _:
                message = f"“{said}” may be {' or '.join(names)}: name it once more"
        raise NotUnderstoodError(message)

    def relation(self, way: Token, target: Target) -> Relation:
        found = vocabulary.way(way)
        return Relation("in the row of" if found == "in" and target.kind == "row" else found, target)


_IS_IN = re.compile(r"(?i)\b(?:gone|there|present|weg|da|fort|là|ahí|allí|presente?)\b")
"""May be said of a person: `if Bob is there`."""

_ARTICLE = re.compile(
    r"\b(?:(?:the|an?|d(?:er|ie|as|en|em)|eine?[nmrs]?|zu[mr]|i[mn]s?|le|la|les|une?|aux?|du|des|el|l[oa]s|una|al|del)\s+|l['’])$",
    re.IGNORECASE,
)
"""An article, or what has one in it, before a name."""


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


def _two_ways(said: str) -> str:
    return f"“{said}” may be read in two ways: put what is on the screen in quotes"


def _related(target: Target, way: Way, beside: Target) -> Target:
    return replace(target, relations=(*target.relations, Relation(way, beside)))


def _steps(made: Any) -> tuple[Step, ...]:
    return made if isinstance(made, tuple) else (made,)


def _click(verb: str, target: Target | None, times: int | None) -> Instruction:
    said = verb.lower()
    button: Literal["left", "right", "middle"] = (
        "right" if "right" in said else "middle" if "middle" in said else "left"
    )
    count = 2 if "double" in said else 3 if "triple" in said else 1
    held = tuple(re.findall(r"ctrl|control|shift|alt|cmd|super", said))
    click = ClickOn(target, button, count, held)
    return click if times in (None, 1) else Repeat((Step(click, str(target or verb)),), times or 1)


def _press(strokes: tuple[tuple[str, ...], ...], times: int | None) -> Press:
    press = Press(strokes, times or 1)
    try:
        press.pressed  # noqa: B018 - before the screen is looked at
    except UnknownKey as unknown:
        raise NotUnderstoodError(str(unknown)) from None
    return press

"""The steps of an instruction in words, as they were understood: what a dry run shows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coasty_desk.models.offline.language.instructions import (
    Choose,
    ClickOn,
    DragTo,
    Hover,
    If,
    Instruction,
    Open,
    Pause,
    Press,
    Read,
    Repeat,
    Step,
    Target,
    Tick,
    Turn,
    TypeIn,
    Verify,
    WaitFor,
)


def plan(steps: Iterable[Step], indent: str = "") -> Iterator[str]:
    """Each step, a line of its own; what belongs to an `if` or a `repeat` stands below it."""
    for step in steps:
        match step.does:
            case If(condition, then, otherwise):
                yield f"{indent}if {condition}:"
                yield from plan(then, indent + "  ")
                if otherwise:
                    yield f"{indent}otherwise:"
                    yield from plan(otherwise, indent + "  ")
            case Repeat(body, times, until):
                yield (
                    f"{indent}repeat {times} times:"
                    if until is None
                    else f"{indent}until {until}, {times} times at most:"
                )
                yield from plan(body, indent + "  ")
            case does:
                yield indent + said(does)


def said(does: Instruction) -> str:
    """An instruction that has no others in it."""
    match does:
        case ClickOn():
            return _click(does)
        case Hover(target):
            return f"point at {_thing(target)}"
        case TypeIn("", Target() as target, True):
            return f"clear {_thing(target)}"
        case TypeIn(text, target):
            return f"type “{text}”" + ("" if target is None else f" into {_thing(target)}")
        case Press(strokes, times):
            return f"press {', '.join('+'.join(s) for s in strokes)}" + (f" {times} times" if times > 1 else "")
        case Turn():
            return _turn(does)
        case DragTo(start, end):
            return f"drag {_thing(start)} to {_thing(end)}"
        case Pause(seconds):
            return f"wait {seconds:g} s"
        case WaitFor(condition, seconds):
            return f"wait until {condition}" + ("" if seconds is None else f", {seconds:g} s at most")
        case Verify(condition):
            return f"make sure that {condition}"
        case Tick(target, on):
            return f"{'check' if on else 'uncheck'} {_thing(target)}"
        case Choose(option, source):
            return f"choose “{option}”" + ("" if source is None else f" in {_thing(source)}")
        case Read(target):
            return f"read {_thing(target)}"
        case Open(name):
            return f"open the application “{name}”"
    return "\n".join(plan((Step(does, ""),)))


def _click(does: ClickOn) -> str:
    held = "".join(f"{key}+" for key in does.modifiers)
    button = "" if does.button == "left" else f"{does.button}-"
    count = {1: "", 2: "double-", 3: "triple-"}[does.count]
    return f"{held}{button}{count}click {'where the pointer is' if does.target is None else _thing(does.target)}"


def _turn(does: Turn) -> str:
    ways = ("up", "down") if does.axis == "vertical" else ("right", "left")
    where = "" if does.at is None else f" at {_thing(does.at)}"
    return f"scroll {ways[does.notches < 0]} {abs(does.notches)}{where}" + (
        f" until {does.until}" if does.until else ""
    )


def _thing(target: Target) -> str:
    """The target with its kind, also where it has a name."""
    name = f"“{target.label}”"
    return str(target).replace(name, f"{target.kind} {name}", 1) if target.kind and target.label else str(target)

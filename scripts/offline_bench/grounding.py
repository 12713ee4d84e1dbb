"""How well labels are found: each thing of each screen asked for by its text, as `coasty-desk ground` asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from coasty_desk.models.offline.language.grammar import parse
from coasty_desk.models.offline.language.instructions import ClickOn
from coasty_desk.models.offline.steps.context import CannotError, Context
from coasty_desk.models.offline.steps.pointer_and_keys import find_to_act
from coasty_desk.models.offline.targeting.locating import Located
from coasty_desk.models.offline.vision.engines import ReadingEngine, best_engine
from coasty_desk.models.offline.vision.reader import Reader
from coasty_desk.models.offline.vision.texts import Box
from scripts.offline_bench.screens import Labelled, Thing

Verdict = Literal["hit", "wrong", "ambiguous", "fail"]


@dataclass(frozen=True)
class Grounded:
    """What became of one thing: `wrong` is a click that would have gone elsewhere."""

    screen: str
    thing: Thing
    verdict: Verdict
    said: str
    alone: bool


def ground(
    screens: Iterable[Labelled], load: Callable[[], ReadingEngine] = best_engine, keep: Path | None = None
) -> list[Grounded]:
    """Ask for everything on every screen."""
    made = []
    for screen in screens:
        reader = Reader(load)  # one that remembers nothing of the screen before
        seen = reader.read(screen.image)
        for thing in screen.things:
            sight = Context(seen, reader=reader)
            made.append(_asked(screen, thing, sight))
            seen = sight.seen
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{screen.name.replace(' ', '-')}.png").write_bytes(screen.image)
        print(f"  {screen.name}: {Counter(one.verdict for one in made if one.screen == screen.name)}", flush=True)
    return made


def _asked(screen: Labelled, thing: Thing, sight: Context) -> Grounded:
    """What a run would click, with nothing on the screen changing while it looks."""
    alone = sum(other.label == thing.label for other in screen.things) == 1
    kind = f"the {thing.kind} " if thing.kind in ("field", "list") else ""
    step = parse(f"click {kind}“{thing.label}”")[0].does
    assert isinstance(step, ClickOn)
    assert step.target is not None
    looking = find_to_act(sight, step.target)
    try:
        next(looking)
        while True:
            looking.send(sight.seen)
    except StopIteration as over:
        found: Located = over.value
    except CannotError as error:
        verdict: Verdict = "ambiguous" if "ambiguous" in error.why else "fail"
        return Grounded(screen.name, thing, verdict, error.why, alone)
    homes = [other.box for other in screen.things if other.label == thing.label]
    hit = any(_in(found.box, home) for home in homes)
    return Grounded(screen.name, thing, "hit" if hit else "wrong", found.said, alone)


def _in(box: Box, home: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = home
    return left <= box.centre.x < right and top <= box.centre.y < bottom


def report(made: list[Grounded]) -> None:
    """The shares, by kind, and every failure in a line."""
    for one in made:
        if one.verdict != "hit" and (one.alone or one.verdict == "wrong"):
            print(f"{one.verdict:9} {one.screen}: {one.thing.kind} “{one.thing.label}”: {one.said[:170]}")
    texts = [one for one in made if one.alone and one.thing.kind not in ("field", "list", "icon")]
    fields = [one for one in made if one.alone and one.thing.kind in ("field", "list")]
    for what, some in (
        ("labels", texts),
        ("fields by their labels", fields),
        ("icons by their names", [one for one in made if one.alone and one.thing.kind == "icon"]),
        ("names that several have", [one for one in made if not one.alone]),
    ):
        counted = Counter(one.verdict for one in some)
        if some:
            shares = ", ".join(f"{n} {verdict} ({n / len(some):.1%})" for verdict, n in counted.most_common())
            print(f"{what}: {len(some)}; {shares}")
    for kind in sorted({one.thing.kind for one in made}):
        print(f"  {kind:9} {dict(Counter(one.verdict for one in made if one.thing.kind == kind and one.alone))}")

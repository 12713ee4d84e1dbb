"""A person's yes before an action is done: for risky ones, or for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from msgspec import Struct, field

from coasty_desk.core.actions import (
    Action,
    LookAgain,
    Point,
    Prediction,
    TypeText,
    both_ends,
    in_words,
    points,
    strokes_of,
)
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.gates.action_log import ActionLog
from coasty_desk.core.gates.chain import InOrder
from coasty_desk.core.gates.reached_windows import NamedWindow, Windows, known
from coasty_desk.core.gates.risk import Around, Risk, risk
from coasty_desk.core.ports import Gate, Granted, Instead, Judging, Person, PersonAnswer, PersonQuestion, PersonReply
from coasty_desk.core.run import refusal
from coasty_desk.core.scaling import Placed
from coasty_desk.core.secrets import Secrets
from coasty_desk.core.stop import Stop
from coasty_desk.core.typed_text.terminal_input import in_terminal, matters

Mode = Literal["never", "risky", "always"]


class Eyes(Struct, frozen=True):
    """What the question needs to see of the desktop.

    `windows` are its windows, `pointer` where the pointer is (real pixels; raises DesktopError),
    `picture` saves a picture of an action's surroundings and gives its path, `text_at` gives the
    text at a real pixel, where anybody can read it. `remembered` keeps how the places look that an action points at; what it gives
    says whether they look so still. Both raise DesktopError.
    """

    windows: Windows
    pointer: Callable[[], Point]
    picture: Callable[[Placed], str | None] = lambda _placed: None
    text_at: Callable[[Point], str] = lambda _point: ""
    remembered: Callable[[Placed], Callable[[], bool]] = lambda _placed: lambda: True


class Confirm(Struct):
    """Asks `person` before an action; `risky`: only where a rule of core/gates/risk.py says so.

    `keep` is called before a question and gives what to call after it: the person may answer
    on this very desktop, and what was in front then belongs in front again. `cautious` makes
    everything that goes to a terminal risky. `forbidding` judges once more after a yes: a question takes its time.
    Of the `secrets`, one that is bound to no window is asked about at its first use.
    """

    mode: Mode
    person: Person
    ledger: ActionLog
    stop: Stop
    eyes: Eyes
    cautious: bool = False
    keep: Callable[[], Callable[[], None]] = lambda: lambda: None
    forbidding: Gate = field(default_factory=InOrder)
    secrets: Secrets = field(default_factory=lambda: Secrets({}))
    _allowed: set[str] = field(default_factory=set)
    _agreed: set[str] = field(default_factory=set)

    def judge(self, placed: Placed, prediction: Prediction) -> Judging:
        """Raises Aborted where the person says stop, or stops the run otherwise while being asked."""
        reason = self._reason(placed, prediction)
        if reason is None or reason.kind in self._allowed:
            return None
        question, crop = f"{both_ends(in_words(placed.real))}?", self.eyes.picture(placed)
        meant, there, as_it_was = self._pointer(placed.real), self._reached(placed), self.eyes.remembered(placed)
        self.person.attend()
        yield PersonQuestion(question, reason.why, crop)
        after = self.keep()
        said = self.person.ask(question, reason.why, crop)
        if isinstance(said, Instead):
            yield PersonReply("no", said.words)
            return refusal(placed, "person", "a person did not agree to it, and said what to do instead")
        yield PersonReply("yes", said.words) if isinstance(said, Granted) else PersonReply(said)
        if said == "stop":
            self.stop.trip("stop", "the person said stop")
            self.stop.check()
        if said == "no":
            return refusal(placed, "person", f"a person did not agree to it: {reason.why}")
        after()
        if said == "always":
            self._allowed.add(reason.kind)
        self._agreed.update(self._unbound(placed.sent))
        if meant != self._pointer(placed.real):
            return LookAgain("The pointer was moved while a person was asked, so the action was not done; look again.")
        forbidden = yield from self.forbidding.judge(placed, prediction)
        if forbidden is not None:
            return forbidden
        changed = "The window that it is meant for" if there != self._reached(placed) else ""
        if not changed and not as_it_was():
            changed = "What it points at"
        if changed:
            why = f"{changed} has changed while a person was asked"
            return LookAgain(f"{why}, so the action was not done; look again.")
        return None

    def _pointer(self, real: Action) -> Point | None:
        """Where the pointer is, for an action that is meant for that place."""
        return self.eyes.pointer() if None in points(real) else None

    def _reached(self, placed: Placed) -> tuple[NamedWindow, ...] | None:
        """The windows that it would go to now; they may be others by the time that somebody has answered."""
        return known(placed.real, self.eyes.windows, self.eyes.pointer)

    def _reason(self, placed: Placed, prediction: Prediction) -> Risk | None:
        if self.mode == "never":
            return None
        found = risk(placed.sent, self._around(placed, prediction))
        if found is None or found.kind in self._allowed:
            found = self._first_use(placed.sent) or found
        if found is None and self.mode == "always":
            return Risk(type(placed.sent).__name__, "every action is asked about")
        return found

    def _first_use(self, action: Action) -> Risk | None:
        """A secret that is bound to no window, and that nobody has agreed to yet."""
        new = [name for name in self._unbound(action) if name not in self._agreed]
        why = f"the first use of a secret that is bound to no window: {', '.join(new)}"
        return Risk("secret", why) if new else None

    def _unbound(self, action: Action) -> tuple[str, ...]:
        return self.secrets.unbound_in(action.text) if isinstance(action, TypeText) else ()

    def _around(self, placed: Placed, prediction: Prediction) -> Around:
        said = (prediction.reasoning, prediction.description(placed.sent), *self._under(placed.real))
        typed = (self.ledger.typed, self.ledger.here)
        return Around(typed, tuple(filter(None, said)), self._windows(placed), self.cautious)

    def _windows(self, placed: Placed) -> tuple[NamedWindow, ...] | None:
        """Those that it reaches, where a rule asks for them: they take a moment to find. None where they cannot be told."""
        self.ledger.terminal = None
        deletes = any("delete" in stroke for stroke in strokes_of(placed.sent))
        of_a_line = matters(placed.sent)
        if not (self.cautious or deletes or of_a_line):
            return ()
        found = known(placed.real, self.eyes.windows, self.eyes.pointer)
        self.ledger.terminal = in_terminal(found) if of_a_line else None
        return found

    def _under(self, real: Action) -> Iterator[str]:
        try:
            where = points(real)
            for point in where if len(where) < 3 else (where[0], where[-1]):  # of a drag on its way nothing is pressed
                yield self.eyes.text_at(self.eyes.pointer() if point is None else point)
        except DesktopError:
            return


class Scripted(Struct):
    """A person who gives these answers in turn and then says no; `asked` keeps the questions. For tests and rehearsals."""

    answers: list[PersonAnswer] = field(default_factory=list)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)

    def attend(self) -> None:
        """It was not listening before either."""

    def answer(self, question: str) -> str:
        """The next answer that is no yes or no."""
        self.asked.append((question, "", None))
        words = self.answers.pop(0) if self.answers else ""
        return words.words if isinstance(words, Instead) else ""

    def ask(self, question: str, why: str, crop: str | None) -> PersonAnswer:
        """The next answer."""
        self.asked.append((question, why, crop))
        return self.answers.pop(0) if self.answers else "no"

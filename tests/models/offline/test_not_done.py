"""What was refused, broken off or held back was not done: the offline predictor does not take it for done."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pytest
from PIL import Image, ImageDraw, ImageFont

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Click, LookAgain, Outcome, Prediction, PressKeys, Refusal, TypeText, Verdict
from coasty_desk.core.errors import BrokenOffError
from coasty_desk.core.ports import PredictRequest, SettleResult
from coasty_desk.core.run import Job, Ports, run
from coasty_desk.core.scaling import Frame, Placed, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.models.offline.predictor import OfflinePredictor
from coasty_desk.testing import OpenGate, RecordingExecutor

SIZE = Size(700, 400)
FONT = ImageFont.load_default(18)


class Page:
    """A screen with a button and a field, something that moves beside them, and what was done to them."""

    def __init__(self) -> None:
        self.down, self.text, self.clicks, self.looks = 0, "", 0, 0

    def perform(self, placed: Placed) -> None:
        """As a page takes it: what is at another place is not hit."""
        match placed.real:
            case Click(point=point) if point is not None and abs(point.y - 60 - self.down) < 20:
                self.clicks += 1
            case TypeText(text=text):
                self.text += text
            case _:
                pass

    def capture(self) -> Frame:
        """What it looks like now."""
        self.looks += 1
        picture = Image.new("RGB", (SIZE.width, SIZE.height), "#f4f4f4")
        draw = ImageDraw.Draw(picture)
        draw.rectangle((40, 40 + self.down, 200, 80 + self.down), outline="#444444", fill="#e0e0e0")
        draw.text((70, 48 + self.down), "Subscribe", fill="black", font=FONT)
        draw.text((40, 205), "Name", fill="black", font=FONT)
        draw.rectangle((120, 200, 420, 236), outline="#444444", fill="white")
        draw.text((130, 205), self.text, fill="black", font=FONT)
        if self.clicks:
            draw.text((40, 300), f"Thank you for your order {self.clicks}", fill="black", font=FONT)
        draw.ellipse((600, 40 + 9 * (self.looks % 7), 640, 80 + 9 * (self.looks % 7)), fill="#3366cc")
        image = io.BytesIO()
        picture.save(image, "PNG")
        return Frame(image.getvalue(), "image/png", SIZE, SIZE, Rect(0, 0, SIZE.width, SIZE.height))

    def expect(self) -> None:
        """Nothing is remembered."""

    def between(self) -> None:
        """Nothing opens."""

    def settle(self) -> SettleResult:
        """It never rests, but nothing waits for that."""
        return SettleResult(0.0, 0.0, "still")


def ended(
    page: Page, task: str, verdicts: Iterable[Refusal | LookAgain | None] = (), hands: RecordingExecutor | None = None
) -> tuple[ev.RunEnded, list[str]]:
    """How the run ended, and the names of its events."""
    stop = Stop()
    predictor = OfflinePredictor(stop)
    ports = Ports(page, hands or RecordingExecutor(page.perform), predictor, OpenGate(verdicts), stop)
    job = Job("run-1", task, "offline", Rect(0, 0, SIZE.width, SIZE.height), SIZE)
    events = list(run(job, ports))
    assert isinstance(events[-1], ev.RunEnded)
    return events[-1], [event.name for event in events]


@pytest.mark.parametrize("by", ["policy", "person", "mask", "focus"])
@pytest.mark.parametrize("task", ['click "Subscribe"', 'type "Ada" into the field "Name"', 'hover over "Subscribe"'])
def test_a_refused_action_is_never_done(by: str, task: str) -> None:
    """Though something moves on the page: the run ends as refused, whoever refused it."""
    last, _ = ended(Page(), task, [Refusal("it", by, "so it is")])
    assert last.ending is ev.Ending.REFUSED


def test_what_the_person_says_instead_is_the_new_instruction() -> None:
    """The task is taken from each request: after a no with words it is those, and what was refused is left."""
    page, predictor = Page(), OfflinePredictor(Stop())

    def answer(said: tuple[str, ...] = (), outcomes: tuple[Outcome, ...] = ()) -> Prediction:
        asking = predictor.predict(PredictRequest(1, 'click "Subscribe"', page.capture(), outcomes=outcomes, said=said))
        with pytest.raises(StopIteration) as end:
            next(asking)
        return end.value.value  # type: ignore[no-any-return]  # what a generator returns has no type

    assert isinstance(answer().actions[0], Click)
    refused = (Refusal("click", "person", "no"),)
    assert answer(("press escape",), refused).actions == (PressKeys(("escape",)),)
    assert answer(("press escape",), refused).verdict is Verdict.FAIL
    predictor.close()


def test_a_key_that_there_is_not_is_never_pressed() -> None:
    """The keyboard says so before anything goes out."""

    class Keyless(RecordingExecutor):
        def refuses(self, placed: Placed) -> Refusal | None:
            return Refusal("press", "keys", "there is no such key")

    last, _ = ended(Page(), "press f5", hands=Keyless())
    assert last.ending is ev.Ending.REFUSED


def test_what_was_broken_off_halfway_is_not_done() -> None:
    """Half of a text is not the text."""

    def break_off(placed: Placed) -> None:
        if isinstance(placed.real, TypeText):
            message = "another window took the keyboard"
            raise BrokenOffError(message, "focus")

    last, names = ended(Page(), 'type "Ada" into the field "Name"', hands=RecordingExecutor(break_off))
    assert last.ending is ev.Ending.REFUSED
    assert names.count("refused") == 1


def test_a_click_that_was_held_back_is_made_after_all_and_once() -> None:
    """A person's hand was at the mouse: the first click never went out."""
    page = Page()
    last, _ = ended(page, 'click "Subscribe" and make sure "Thank you" is there', [LookAgain("a hand")] * 2)
    assert (last.ending, page.clicks) == (ev.Ending.DONE, 1)


def test_what_moved_meanwhile_is_found_again() -> None:
    """The place that was meant is another's by now: it is looked for afresh, not clicked from memory."""
    page = Page()

    class Moving(OpenGate):
        def judge(self, placed, prediction):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - the port's
            verdict = yield from super().judge(placed, prediction)
            page.down = 60
            return verdict

    stop = Stop()
    task = 'click "Subscribe" and make sure "Thank you" is there'
    gate = Moving([LookAgain("a hand")])
    ports = Ports(page, RecordingExecutor(page.perform), OfflinePredictor(stop), gate, stop)
    events = list(run(Job("run-1", task, "offline", Rect(0, 0, SIZE.width, SIZE.height), SIZE), ports))
    assert isinstance(events[-1], ev.RunEnded)
    assert (events[-1].ending, page.clicks) == (ev.Ending.DONE, 1)


def test_what_moved_between_the_look_and_the_click_is_found_again() -> None:
    """A slow machine reads for seconds: the button is another place's by the time that it is clicked."""
    page = Page()

    def glance() -> Image.Image:
        page.down = 60
        return Image.open(io.BytesIO(page.capture().image)).convert("RGB")

    stop = Stop()
    task = 'click "Subscribe" and make sure "Thank you" is there'
    predictor = OfflinePredictor(stop, glance=glance)
    ports = Ports(page, RecordingExecutor(page.perform), predictor, OpenGate(()), stop)
    events = list(run(Job("run-1", task, "offline", Rect(0, 0, SIZE.width, SIZE.height), SIZE), ports))
    assert isinstance(events[-1], ev.RunEnded)
    assert (events[-1].ending, page.clicks) == (ev.Ending.DONE, 1)


def test_a_text_whose_typing_was_held_back_goes_into_its_field_all_the_same() -> None:
    """The field had been clicked already; the keyboard may be elsewhere since, so it is clicked again."""
    page = Page()
    hands = RecordingExecutor(page.perform)
    last, _ = ended(page, 'type "Ada" into the field "Name"', [None, LookAgain("a hand")], hands)
    assert (last.ending, page.text) == (ev.Ending.DONE, "Ada")
    assert [type(placed.real) for placed in hands.performed][:3] == [Click, Click, TypeText]


@pytest.mark.parametrize("held", [0, 1])
def test_keys_that_were_held_back_are_pressed_as_often_as_was_said(held: int) -> None:
    """Those that went out already do not go out again."""
    page = Page()
    hands = RecordingExecutor(page.perform)
    ended(page, "press right 3 times", [None] * held + [LookAgain("a hand")], hands)
    assert len(hands.performed) == 3

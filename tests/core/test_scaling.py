"""Sent pixels to real ones: the laws that every screen obeys."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from coasty_desk.core.actions import Action, Click, Drag, Move, Point, Scroll, TypeText, moved, points
from coasty_desk.core.ports import PredictRequest
from coasty_desk.core.scaling import CORNER_INSET, SENT_MAX, SENT_MIN, Frame, Placed, Rect, Size, fit, padded

SCREENS = [
    Size(1920, 1080),
    Size(1366, 768),
    Size(2560, 1600),
    Size(3440, 1440),
    Size(1080, 1920),
    Size(1280, 720),
    Size(1024, 768),
    Size(5120, 2880),
    Size(800, 2560),
]
sizes = st.builds(Size, st.integers(8, 8000), st.integers(8, 8000))
origins = st.tuples(st.integers(-6000, 6000), st.integers(-6000, 6000))
anywhere = st.floats(allow_nan=False, allow_infinity=False)

BOX = Size(1280, 720)


def _frame(real: Size, box: Size = BOX, origin: tuple[int, int] = (0, 0)) -> Frame:
    content = fit(real, box)
    return Frame(b"", "image/png", padded(content), content, Rect(*origin, real.width, real.height))


def _click(placed: Placed) -> Point:
    assert isinstance(placed.real, Click)
    assert placed.real.point is not None
    return placed.real.point


@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_the_sent_image_fits_the_box_in_the_screens_shape(screen: Size) -> None:
    """At most 1280x720, the shape kept to a percent, within what the service takes."""
    content = fit(screen, Size(1280, 720))
    assert Size(1280, 720).holds(content)
    assert content.width / content.height == pytest.approx(screen.width / screen.height, rel=0.01)
    assert SENT_MAX.holds(padded(content))
    assert padded(content).holds(SENT_MIN)


@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_every_sent_pixel_maps_by_the_published_rule(screen: Size) -> None:
    """round(model * real / sent) per axis, within a pixel, over a grid of the whole image."""
    frame = _frame(screen, origin=(-100, 70))
    for x in range(0, frame.content.width, 37):
        for y in range(0, frame.content.height, 29):
            real = _click(frame.place(Click(Point(x, y))))
            assert abs(real.x + 100 - x * screen.width / frame.content.width) <= (0.5 if (x, y) != (0, 0) else 2)
            assert abs(real.y - 70 - y * screen.height / frame.content.height) <= (0.5 if (x, y) != (0, 0) else 2)


@given(sizes, sizes, origins, anywhere, anywhere)
def test_no_point_leaves_the_monitor_or_hits_its_corner(
    real: Size, box: Size, origin: tuple[int, int], x: float, y: float
) -> None:
    """Whatever a model says, the pointer stays on the monitor, and the corners stay the person's."""
    frame = _frame(real, box, origin)
    point = _click(frame.place(Click(Point(x, y))))
    assert frame.shows.contains(point.x, point.y)
    assert (point.x, point.y) not in frame.shows.corners
    assert point.x == int(point.x)
    assert point.y == int(point.y)


@given(st.builds(Size, st.integers(64, 4000), st.integers(64, 4000)), st.data())
def test_an_unshrunk_frame_maps_every_pixel_to_itself(size: Size, data: st.DataObject) -> None:
    """Away from the corners the mapping is the identity where nothing was shrunk."""
    frame = Frame(b"", "image/png", size, size, Rect(0, 0, size.width, size.height))
    x = data.draw(st.integers(1, size.width - 2))
    y = data.draw(st.integers(1, size.height - 2))
    assert _click(frame.place(Click(Point(x, y)))) == Point(x, y)


def test_a_corner_is_reached_two_pixels_inside() -> None:
    """A click in a corner lands inside it, so that it never looks like a person's stop."""
    frame = _frame(Size(1920, 1080))
    assert _click(frame.place(Click(Point(0, 0)))) == Point(CORNER_INSET, CORNER_INSET)
    assert _click(frame.place(Click(Point(1280, 720)))) == Point(1919 - CORNER_INSET, 1079 - CORNER_INSET)
    assert _click(frame.place(Click(Point(-5, 9999)))) == Point(CORNER_INSET, 1079 - CORNER_INSET)
    assert _click(frame.place(Click(Point(0, 360)))) == Point(0, 540), "an edge is no corner"


def test_where_no_person_stops_by_the_corner_it_can_be_clicked() -> None:
    """The margin is the target's: a screen that is nobody's desktop has none."""
    frame = replace(_frame(Size(1920, 1080)), inset=0)
    assert _click(frame.place(Click(Point(0, 0)))) == Point(0, 0)
    assert _click(frame.place(Click(Point(1280, 720)))) == Point(1919, 1079)


@pytest.mark.parametrize(
    ("action", "space", "why"),
    [
        (
            Click(Point(1200, 700)),
            (1000, 1000),
            "lies outside 1000x1000, which it was to answer in; the model seems to",
        ),
        (Drag(Point(5, 5), Point(50000, 50000)), None, "(50000, 50000) lies outside 1280x720"),
        (Click(Point(-300, 20)), None, "(-300, 20) lies outside 1280x720"),
        (Click(Point(0.5, 0.25)), (1000, 1000), "seems to answer in fractions of 1"),
        (Click(Point(0.5, 1)), None, "is a part of the picture, and was to be in 1280x720"),
        (Click(Point(1, 0)), None, ""),
        (Click(Point(0.5, 0.25)), (1, 1), ""),
        (Click(Point(1290, 726)), None, ""),
        (Click(Point(-5, 1000)), (1000, 1000), ""),
        (Click(None), (1, 1), ""),
    ],
)
def test_a_point_outside_the_space_strays_and_one_at_its_edge_does_not(
    action: Action, space: tuple[int, int] | None, why: str
) -> None:
    """More than a hundredth outside was meant in another space, which the words name."""
    said = _frame(Size(1920, 1080)).strays(action, space)
    assert why in said
    assert bool(said) == bool(why)


def test_coordinates_are_scaled_from_the_echoed_size() -> None:
    """Where the answer names another coordinate space, that is what its numbers mean (API.md §4.2)."""
    frame = _frame(Size(2560, 1440))
    assert _click(frame.place(Click(Point(640, 360)), space=(1280, 720))) == Point(1280, 720)
    assert _click(frame.place(Click(Point(640, 360)), space=(640, 480))) == Point(2559, 1080)


def test_added_black_does_not_shift_the_screen() -> None:
    """A screen too narrow for the service is padded right and below; its pixels map as before, the black to its edge."""
    frame = _frame(Size(800, 2560))
    assert frame.sent == Size(320, 720)
    assert frame.content == Size(225, 720)
    assert _click(frame.place(Click(Point(112.5, 360)))) == Point(400, 1280)
    assert _click(frame.place(Click(Point(300, 360)))) == Point(799, 1280)


@pytest.mark.parametrize(
    ("sent", "real"),
    [
        (Move(Point(10, 20)), Move(Point(20, 40))),
        (Drag(Point(10, 20), Point(30, 40), "right"), Drag(Point(20, 40), Point(60, 80), "right")),
        (Drag(None, Point(30, 40)), Drag(None, Point(60, 80))),
        (Scroll(-3, "horizontal", Point(10, 20)), Scroll(-3, "horizontal", Point(20, 40))),
        (Scroll(2), Scroll(2)),
        (Click(None), Click(None)),
        (TypeText("10, 20"), TypeText("10, 20")),
    ],
)
def test_every_action_with_a_place_is_mapped(sent: Action, real: Action) -> None:
    """Each coordinate of each action goes through the mapper; nothing else changes."""
    placed = _frame(Size(2560, 1440)).place(sent)
    assert (placed.sent, placed.real) == (sent, real)


def test_only_a_frame_makes_a_placed_and_nobody_changes_it() -> None:
    """An executor's input cannot be made or bent on the way."""
    with pytest.raises(TypeError, match=r"Frame\.place"):
        Placed(Click(None), Click(None))
    placed = _frame(Size(1280, 720)).place(Click(None))
    with pytest.raises(AttributeError, match="frozen"):
        placed.real = Click(Point(1, 1))


@given(sizes, sizes)
def test_shrinking_never_enlarges(real: Size, box: Size) -> None:
    """The screenshot fits the box, and is never larger than the screen."""
    content = fit(real, box)
    assert real.holds(content)
    assert content.width <= max(box.width, 1)
    assert content.height <= max(box.height, 1)
    assert math.prod((content.width, content.height)) > 0


@pytest.mark.parametrize("text", ["", "1280", "1280x", "x720", "1280x720x3", "-1x5", "1e3x700", "\uff11x3"])
def test_what_is_no_size_is_refused(text: str) -> None:
    """Only WIDTHxHEIGHT is a size."""
    with pytest.raises(ValueError, match="WIDTHxHEIGHT"):
        Size.parse(text)


def test_a_frame_shows_its_size_and_length_and_not_its_picture() -> None:
    """A repr is for a person's eyes: a megabyte of bytes says nothing."""
    frame = Frame(b"\x89" * 500_000, "image/png", Size(1280, 720), Size(1280, 720), Rect(0, 0, 2560, 1440))
    for shown in (repr(frame), f"{frame}", repr(PredictRequest(1, "task", frame))):
        assert "1280x720" in shown
        assert "500000 bytes" in shown
        assert len(shown) < 300


@given(sizes, sizes, origins, st.data())
def test_the_way_back_ends_where_the_way_there_began(
    real: Size, box: Size, origin: tuple[int, int], data: st.DataObject
) -> None:
    """A real pixel in sent ones is the place that is clicked to reach it, away from the corners."""
    frame = _frame(real, box, origin)
    x = data.draw(st.integers(min(3, real.width // 2), max(real.width - 4, real.width // 2)))
    y = data.draw(st.integers(min(3, real.height // 2), max(real.height - 4, real.height // 2)))
    there = Point(x + origin[0], y + origin[1])
    assert _click(frame.place(Click(frame.unplace(there)))) == there


def test_every_point_of_an_action_is_told_and_can_be_moved() -> None:
    """In their order, None where the pointer is; what names no place stays as it is."""
    start, end = Point(1, 2), Point(3, 4)
    assert points(Drag(start, end)) == (start, end)
    assert points(Click(None)) == (None,)
    assert points(Drag(None, end, via=(start,))) == (None, start, end)
    assert moved(Drag(start, end, via=(end,)), lambda at: Point(at.y, at.x)) == Drag(
        Point(2, 1), Point(4, 3), via=(Point(4, 3),)
    )
    assert points(TypeText("1, 2")) == ()
    assert moved(Drag(None, end), lambda at: Point(at.x * 2, at.y)) == Drag(None, Point(6, 4))
    assert moved(TypeText("1, 2"), lambda at: Point(at.x * 2, at.y)) == TypeText("1, 2")

"""The accessibility bus of a Linux desktop: many questions sent at once, over jeepney. AT-SPI 2.

An application answers a question in some 0.1 ms, but a round trip costs more: all questions of
a kind go out before the first answer is waited for. An application that hangs is given up.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from jeepney.io.blocking import DBusConnection

ACCESSIBLE = "org.a11y.atspi.Accessible"
COMPONENT = "org.a11y.atspi.Component"
COLLECTION = "org.a11y.atspi.Collection"
TEXT = "org.a11y.atspi.Text"
PROPERTIES = "org.freedesktop.DBus.Properties"
AT_ONCE = 200
"""So many questions are under way at a time."""

ROOT = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")

Node: TypeAlias = tuple[str, str]
"""An accessible: the bus name of its application and its path there."""


class BusQuestion(Struct, frozen=True):
    """A method call to a node; `signature` and `body` as D-Bus has them."""

    node: Node
    interface: str
    method: str
    signature: str | None = None
    body: tuple[Any, ...] = ()


class BusError(Exception):
    """There is no accessibility bus, or whoever was asked on it did not answer in time."""


class Bus:
    """A connection to the accessibility bus. Raises BusError where there is none."""

    def __init__(self) -> None:
        try:
            from jeepney import AuthenticationError, DBusAddress, new_method_call
            from jeepney.io.blocking import open_dbus_connection
        except ImportError as error:
            message = "this platform has no accessibility bus"
            raise BusError(message) from error

        where = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
        try:
            with open_dbus_connection(bus="SESSION") as session:
                told = session.send_and_get_reply(new_method_call(where, "GetAddress"), timeout=2.0)
            self._connection: DBusConnection = open_dbus_connection(bus=told.body[0])
        except (OSError, KeyError, ValueError, RuntimeError, AuthenticationError) as error:
            message = "there is no accessibility bus"
            raise BusError(message) from error

    def close(self) -> None:
        """Give the connection back."""
        with suppress(OSError):
            self._connection.close()

    def ask(self, questions: Sequence[BusQuestion], until: float) -> list[Any]:
        """The first value of each answer, None where there is none. `until` by the monotonic clock. Raises BusError."""
        from jeepney import HeaderFields, MessageType

        waiting: dict[int, int] = {}
        answers: list[Any] = [None] * len(questions)
        unsent = iter(enumerate(questions))
        try:
            while True:
                for index, question in islice(unsent, AT_ONCE - len(waiting)):
                    waiting[self._send(question)] = index
                if not waiting:
                    return answers
                message = self._connection.receive(timeout=max(until - time.monotonic(), 0.001))
                index = waiting.pop(message.header.fields.get(HeaderFields.reply_serial, -1), -1)
                if index >= 0 and message.header.message_type is MessageType.method_return and message.body:
                    answers[index] = message.body[0]
        except OSError as error:
            message = "the accessibility bus did not answer in time"
            raise BusError(message) from error

    def _send(self, question: BusQuestion) -> int:
        from jeepney import DBusAddress, new_method_call

        name, path = question.node
        address = DBusAddress(path, name, question.interface)
        serial = next(self._connection.outgoing_serial)
        call = new_method_call(address, question.method, question.signature, question.body)
        self._connection.send(call, serial=serial)
        return int(serial)


def process_of(name: str) -> BusQuestion:
    """The process of an application, by its bus name."""
    bus = ("org.freedesktop.DBus", "/org/freedesktop/DBus")
    return BusQuestion(bus, "org.freedesktop.DBus", "GetConnectionUnixProcessID", "s", (name,))


def name_of(node: Node) -> BusQuestion:
    """Its name, as (signature, text)."""
    return BusQuestion(node, PROPERTIES, "Get", "ss", (ACCESSIBLE, "Name"))


def parent_of(node: Node) -> BusQuestion:
    """Its parent, as (signature, node)."""
    return BusQuestion(node, PROPERTIES, "Get", "ss", (ACCESSIBLE, "Parent"))


def role_of(node: Node) -> BusQuestion:
    """Its role's number."""
    return BusQuestion(node, ACCESSIBLE, "GetRole")


def states_of(node: Node) -> BusQuestion:
    """Its states, as two words of 32 bits."""
    return BusQuestion(node, ACCESSIBLE, "GetState")


def children_of(node: Node) -> BusQuestion:
    """Its children."""
    return BusQuestion(node, ACCESSIBLE, "GetChildren")


def relations_of(node: Node) -> BusQuestion:
    """What it is related to, as (kind of relation, nodes)."""
    return BusQuestion(node, ACCESSIBLE, "GetRelationSet")


def extents_of(node: Node) -> BusQuestion:
    """Its left, top, width and height on the screen, as its application thinks."""
    return BusQuestion(node, COMPONENT, "GetExtents", "u", (0,))


def text_of(node: Node) -> BusQuestion:
    """The first 4,000 characters of its text."""
    return BusQuestion(node, TEXT, "GetText", "ii", (0, 4000))


def showing_in(frame: Node) -> BusQuestion:
    """All nodes under a window that can be seen, where its toolkit can tell at once."""
    rule: tuple[object, ...] = ([1 << SHOWING, 0], 1, {}, 1, [0, 0, 0, 0], 1, [], 1, False)
    return BusQuestion(frame, COLLECTION, "GetMatches", "(aiia{ss}iaiiasib)uib", (rule, 1, 0, True))


ACTIVE, CHECKED, EDITABLE, EXPANDABLE, EXPANDED, FOCUSED, PRESSED = 1, 4, 7, 9, 10, 12, 20
SELECTED, SENSITIVE, SHOWING, VISIBLE, CHECKABLE = 23, 24, 25, 30, 41


def has(states: Sequence[int], state: int) -> bool:
    """Whether the words of states have this one."""
    return len(states) > state // 32 and bool(states[state // 32] >> state % 32 & 1)

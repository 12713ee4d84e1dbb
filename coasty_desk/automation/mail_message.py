"""A mail as far as a trigger needs it: whom it is for, whether a person may have written it, and what it says. Pure.

Nothing of it is believed, and nothing that it has is followed or carried out: it is bytes from anybody.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from html import unescape

from msgspec import Struct

LARGEST = 1_000_000
"""Bytes of a mail that is taken."""

MOST_HEADERS = 200_000
"""Bytes before its text: more is nobody's letter."""

MOST_WORK = 20_000_000
"""Lines times boundaries: each line of a mail is held against each boundary that it may be within, which is a minute for a megabyte that is made so."""

MOST_PARTS = 200
LONGEST_TEXT = 200_000
"""Bytes of a part that are looked at: what is told of it is far less."""

MOST_NAMED = 10
"""Attachments that are named."""

TO = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")
"""The headers that name whom it is for."""

_LOCAL = re.compile(r"[A-Za-z0-9._+-]{1,64}(?=@)")
_DROPPED = ("script", "style", "head", "title", "template")
_BLOCKS = ("p", "br", "div", "tr", "li", "h1", "h2", "h3")


class UnreadableMailError(Exception):
    """It is too large, or no mail."""


class TriggerMail(Struct, frozen=True):
    """`recipients` are the parts before the `@` that its headers name, as they are written. `digest` is the same for the same mail, whoever has passed it on.

    `automatic`: a program has sent it, a list or an answering machine, by its own words. `told` is what a model may hear of it, not quoted yet.
    """

    recipients: tuple[str, ...]
    digest: str
    automatic: bool
    told: str


def read(content: bytes) -> TriggerMail:
    """Raises UnreadableMailError."""
    head = re.search(rb"\r?\n\r?\n", content[: MOST_HEADERS + 4])
    lines = content.count(b"\n") + content.count(b"\r")
    work = lines * content.lower().count(b"boundary")
    if len(content) > LARGEST or work > MOST_WORK or (head is None and len(content) > MOST_HEADERS):
        raise UnreadableMailError
    try:
        mail = BytesParser(policy=compat32).parsebytes(content)
        parts = list(_parts(mail))
    except (RecursionError, ValueError, LookupError, AssertionError, TypeError) as error:  # of a mail that is made so
        raise UnreadableMailError from error
    body = content[head.end() :] if head is not None else b""
    own = "\0".join(_header(mail, name).strip() for name in ("message-id", "date", "from", "subject"))
    digest = hashlib.sha256(own.encode("utf-8", "replace") + b"\0" + _without_ends(body)).hexdigest()
    named = tuple(dict.fromkeys(_LOCAL.findall(" ".join(_headers(mail, TO)))))
    return TriggerMail(named, digest, _is_automatic(mail), _told(mail, parts))


def _without_ends(body: bytes) -> bytes:
    """Lines end in one way for one server and in another for the next."""
    return b"\n".join(line.rstrip(b"\r") for line in body.rstrip(b"\r\n").split(b"\n"))


def _headers(mail: Message, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        for value in mail.get_all(name, []):
            yield str(value)[:MOST_HEADERS]


def _header(mail: Message, name: str) -> str:
    """The first of that name, in letters; what cannot be read is left as it is."""
    value = str(next(_headers(mail, (name,)), ""))[:2000]
    try:
        found = decode_header(value)
    except (MessageError, ValueError, TypeError, AssertionError):
        return value
    return "".join(_letters(part, charset) if isinstance(part, bytes) else part for part, charset in found)


def _letters(content: bytes, charset: object) -> str:
    try:
        return content.decode(charset if isinstance(charset, str) else "utf-8", "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def _is_automatic(mail: Message) -> bool:
    """RFC 3834 and its like: what answers by itself is not answered by a run, and lists go round in circles."""
    submitted = _header(mail, "auto-submitted").strip().lower()
    precedence = _header(mail, "precedence").strip().lower()
    by_list = any(
        mail.get(name) is not None
        for name in ("list-id", "list-unsubscribe", "x-auto-response-suppress", "x-autoreply")
    )
    empty_sender = _header(mail, "return-path").strip() == "<>"
    return (
        (submitted not in ("", "no")) or precedence in ("bulk", "list", "junk", "auto_reply") or by_list or empty_sender
    )


def _parts(mail: Message) -> Iterator[Message]:
    """Those that have no parts of their own, without recursion: as many as are looked at."""
    left = [mail]
    count = 0
    while left and count < MOST_PARTS:
        part = left.pop()
        within = part.get_payload()
        if isinstance(within, list):
            left += [one for one in reversed(within[:MOST_PARTS]) if isinstance(one, Message)]
        else:
            count += 1
            yield part


def _told(mail: Message, parts: list[Message]) -> str:
    files = [
        str(part.get_filename() or "file")[:100] for part in parts if part.get_content_disposition() == "attachment"
    ]
    texts = [part for part in parts if part.get_content_disposition() != "attachment"]
    plain = next((part for part in texts if part.get_content_type() == "text/plain"), None)
    page = next((part for part in texts if part.get_content_type() == "text/html"), None)
    body = _text(plain) if plain is not None else "" if page is None else _seen(_text(page))
    lines = [f"From: {_header(mail, 'from')[:200]}", f"Subject: {_header(mail, 'subject')[:300]}"]
    if files:
        more = f" and {len(files) - MOST_NAMED} more" if len(files) > MOST_NAMED else ""
        lines.append(f"Attached, and not read: {', '.join(files[:MOST_NAMED])}{more}")
    return "\n".join([*lines, "", body.strip()])


def _text(part: Message) -> str:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, TypeError):
        return ""
    return _letters(content[:LONGEST_TEXT], part.get_content_charset()) if isinstance(content, bytes) else ""


def _seen(page: str) -> str:
    """The words of an HTML page, without scripts, styles and tags, with a new line where a block begins: in one pass, whatever it is.

    The standard library's parser takes minutes for 200 kB of `<div <div`.
    """
    page = page.replace("\u0130", "I")  # the one letter that has another length when it is made small
    small, at, found = page.lower(), 0, list[str]()
    while (begins := page.find("<", at)) >= 0:
        found.append(page[at:begins])
        if page.startswith("<!--", begins):
            at = _behind("-->", page, begins)
            continue
        at = _behind(">", page, begins)
        tag = (small[begins + 1 : min(at, begins + 20)].strip("<>/ \t\r\n").split() or [""])[0]
        if tag in _DROPPED and page[begins + 1 : begins + 2] != "/":
            at = _behind(">", page, _behind(f"</{tag}", small, at))
        elif tag in _BLOCKS:
            found.append("\n")
    found.append(page[at:])
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+", " ", unescape("".join(found))))


def _behind(what: str, text: str, at: int) -> int:
    """Where that ends next; the end of the text where it does not come."""
    found = text.find(what, at)
    return len(text) if found < 0 else found + len(what)

"""Where mails for triggers come to, and the mailbox that is looked into for them. Pure."""

from __future__ import annotations

import re
import secrets
from urllib.parse import unquote, urlsplit

from msgspec import Struct

LONGEST_LOCAL = 64
"""Letters before the `@` (RFC 5321)."""

DEFAULT = "@localhost"

_BASE = re.compile(r"[A-Za-z0-9._-]{0,48}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_WORD = re.compile(rf"[a-z0-9._-]{{1,48}}\.[{_ALPHABET}]{{16}}")


class MailAddress(Struct, frozen=True):
    """One of a mailbox, `me@example.org`, of which mails come to `me+word@example.org`; or `@example.org`, to which they come whatever stands before."""

    local: str
    domain: str

    @classmethod
    def read(cls, said: str) -> MailAddress:
        """Raises ValueError."""
        if not _BASE.fullmatch(said):
            raise ValueError
        local, _, domain = said.partition("@")
        return cls(local, domain.lower())

    def of(self, word: str) -> str:
        """Where a mail for that trigger is sent."""
        return f"{self.local}+{word}@{self.domain}" if self.local else f"{word}@{self.domain}"

    def fits(self, word: str) -> bool:
        """Whether that is short enough for an address."""
        return len(self.of(word).partition("@")[0]) <= LONGEST_LOCAL


def word_of(local: str) -> str:
    """A trigger's word in what stands before an address's `@`, in small letters: no server is certain to keep capitals."""
    return local.lower().rpartition("+")[2]


def new_word(label: str) -> str:
    """A trigger's own, which nobody guesses: who knows it may fire the trigger."""
    return f"{label}.{''.join(secrets.choice(_ALPHABET) for _ in range(16))}"


def is_word(word: str) -> bool:
    """Whether it has the form of one: what has not needs not be looked up."""
    return _WORD.fullmatch(word) is not None


class MailboxPlace(Struct, frozen=True):
    """Where it is; `secure`: by TLS, as everywhere but on this machine itself."""

    host: str
    port: int
    user: str
    folder: str = "INBOX"
    secure: bool = True

    @classmethod
    def read(cls, said: str) -> MailboxPlace:
        """Of `imaps://USER@HOST[:PORT][/FOLDER]`, or `imap://` on this machine. Raises ValueError."""
        parts = urlsplit(said)
        host, secure = parts.hostname or "", parts.scheme == "imaps"
        loopback = host in ("localhost", "127.0.0.1", "::1")
        if not host or not parts.username or parts.password or not (secure or (parts.scheme == "imap" and loopback)):
            raise ValueError
        folder = unquote(parts.path.strip("/")) or "INBOX"
        user = unquote(parts.username)
        if not (folder + user).isprintable() or '"' in folder or "\\" in folder or not folder.isascii():
            raise ValueError
        return cls(host, parts.port or (993 if secure else 143), user, folder, secure)

    @property
    def name(self) -> str:
        """By which its place is kept."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"

"""From the key names that models write to the keys that there are. Pure: no display is touched.

Models write `Return`, `Page_Down`, `ARROWLEFT`, `cmd`, `Key.enter`, `<ctrl>+c`, `ctrl-c`, `ctrl c`,
`ctrl++`, `KeyA`, `⌘⇧T`. Each of these is one of a closed set of keys, or it is refused with the
nearest known name: a key that is guessed presses something else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias

from coasty_desk.core.keys.key_names import CONTROL, MODIFIERS, PORTABLE, spellings

Stroke: TypeAlias = tuple[str, ...]
"""Canonical keys that are held together: modifiers first, released in reverse."""

MOST_STROKES = 1000
"""One after the other, in one action."""

_SYMBOLS = "⌃⇧⌥⌘⊞❖"
_WRAPPED = re.compile(r"<([^<>]+)>|\{([^{}]+)\}|\[([^\[\]]+)\]")
_PREFIX = re.compile(r"(?:keys?[._]|vk_|xk_|kc_|dik_)(?=.)", re.IGNORECASE)
_GAP = re.compile(r",?\s+")


class UnknownKey(ValueError):  # noqa: N818 - it is named for what it says, and is no failure of ours
    """There is no such key. `name` is what was asked for, `nearest` the known name most like it."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        super().__init__(name)

    @property
    def nearest(self) -> str:
        """Looked for when somebody asks: it takes a while, and many a name is tried in several ways."""
        return nearest(self.name)

    def __str__(self) -> str:
        return (
            f"there is no key {self.name!r}; the nearest known one is {self.nearest!r}"
            if self.name
            else "no key is named"
        )


class TooManyKeys(UnknownKey):
    """More than MOST_STROKES in one action."""

    def __str__(self) -> str:
        return f"these are more than {MOST_STROKES} keys"


def canonical(name: str) -> str:
    """The canonical name of one key, in any of its spellings. Raises UnknownKey."""
    key = _single(name)
    if key is None:
        raise UnknownKey(name)
    return key


def stroke(names: Iterable[str]) -> Stroke:
    """The keys that `names` hold together; a name may itself be a chord. Raises UnknownKey."""
    return _ordered([key for name in names for key in _chord(name)])


def in_turn(names: Iterable[str]) -> tuple[Stroke, ...]:
    """A stroke for each name, one after the other; a name may itself be several (`ctrl+k ctrl+s`). Raises UnknownKey."""
    return _some(tuple(held for name in names for held in _sequence(name)))


def together(names: tuple[str, ...]) -> tuple[Stroke, ...]:
    """One stroke of all names; a single one may be several strokes. Raises UnknownKey."""
    return _some(_sequence(names[0]) if len(names) == 1 else (stroke(names),))


def held(names: tuple[str, ...]) -> Stroke:
    """The keys that are held around a click, a drag or a scroll. Raises UnknownKey; a letter is no modifier."""
    found = stroke(names)
    for key in found:
        if key not in MODIFIERS:
            raise UnknownKey(key)
    return found


def shortcut_key(key: str) -> None:
    """From now on `mod` and its like are this key: `win` where Command is what Ctrl is elsewhere. The desktop says so, once."""
    spellings().update(dict.fromkeys(PORTABLE, key))
    _sequence.cache_clear()


def nearest(name: str) -> str:
    """The known name most like `name`."""
    import difflib  # noqa: PLC0415 - few answers name a key that is none

    plain = _plain(name)
    known = spellings()
    keys = {key for key in known.values() if len(key) > 1}
    for among, cutoff in ((keys, 0.6), ([spelling for spelling in known if len(spelling) > 2], 0.6), (keys, 0.0)):
        close = difflib.get_close_matches(plain, among, n=1, cutoff=cutoff)
        if close:
            break
    return known[close[0]] if known[close[0]] in keys else close[0]


def _single(name: str) -> str | None:
    """One key, or None: not known as one key (it may still be a chord)."""
    if name in CONTROL or name == " ":
        return CONTROL.get(name, "space")
    bare = _unwrapped(name.strip())
    if len(bare) == 1:
        return spellings().get(bare) or (bare if _prints(bare) else None)
    plain = bare.casefold().replace("_", "")
    known = _named(plain)
    if known is not None or bare.endswith("-") or _looks_joined(bare):
        return known
    return _named(_plain(bare))


def _named(plain: str) -> str | None:
    return spellings().get(plain)


def _looks_joined(bare: str) -> bool:
    """`alt-right` and `shift left` are chords, though `altright` and `shiftleft` are keys."""
    parts = re.split(r"[-\s]+", bare)
    held = [_named(part.casefold()) for part in parts[:-1]]
    return len(parts) > 1 and all(key in MODIFIERS for key in held) and _named(_plain(parts[-1])) is not None


def _chord(name: str) -> list[str]:
    """The keys of one name: a key, or keys joined by `+`, `-` or spaces. Raises UnknownKey."""
    key = _single(name)
    if key is not None:
        return [key]
    for parts in _ways_to_part(name):
        keys = [_single(part) for part in parts]
        if all(keys) and all(key in MODIFIERS for key in keys[:-1]):
            return [key for key in keys if key is not None]
    if "+" in name.strip("+ "):
        return [canonical(part) for part in _parted(name, "+")]
    raise UnknownKey(name)


def _ways_to_part(name: str) -> Iterable[list[str]]:
    text = name.strip()
    for joint in "+-":
        if joint in text:
            yield _parted(text, joint)
    if re.search(r"\s", text):
        yield text.split()
    if text[:1] == "<":
        yield [part.strip() for part in re.split(r"[<>]+", text) if part.strip()]
    if text[:1] and text[0] in _SYMBOLS:
        held = len(text) - len(text.lstrip(_SYMBOLS))
        yield [*text[:held], *([text[held:]] if text[held:] else [])]


def _parted(text: str, joint: str) -> list[str]:
    """Split at `joint`; a last or lone joint is the key itself: `ctrl++` is ctrl and +."""
    parts = [part.strip() for part in text.strip().split(joint)]
    if len(parts) > 2 and parts[-2:] == ["", ""]:
        parts[-2:] = [joint]
    return parts


@lru_cache(4096)
def _sequence(name: str) -> tuple[Stroke, ...]:
    """The strokes of one name: nearly always one; `ctrl+k ctrl+s` and `Tab Tab` are two."""
    try:
        return (_ordered(_chord(name)),)
    except UnknownKey:
        parts = _GAP.split(name.strip())
        if len(parts) < 2 or any(len(_named(_plain(part)) or "") == 1 or len(part) < 2 for part in parts):
            raise
    return tuple(_ordered(_chord(part)) for part in parts)


def _some(pressed: tuple[Stroke, ...]) -> tuple[Stroke, ...]:
    if not pressed or not all(pressed):
        raise UnknownKey
    if len(pressed) > MOST_STROKES:
        raise TooManyKeys
    return pressed


def _ordered(keys: list[str]) -> Stroke:
    """Modifiers first, each key once; beside a modifier, a letter is its small one (`ctrl+A` holds no Shift)."""
    once = list(dict.fromkeys(keys))
    held = [key for key in once if key in MODIFIERS]
    rest = [key for key in once if key not in MODIFIERS]
    if held:
        rest = [key.lower() if len(key) == len(key.lower()) == 1 else key for key in rest]
    return tuple(dict.fromkeys((*held, *rest)))


def _unwrapped(name: str) -> str:
    wrapped = _WRAPPED.fullmatch(name)
    if wrapped is not None:
        name = next(part for part in wrapped.groups() if part is not None).strip()
    return _PREFIX.sub("", name, count=1) if _PREFIX.match(name) else name


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", _unwrapped(name.strip()).casefold())


def _prints(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZM"

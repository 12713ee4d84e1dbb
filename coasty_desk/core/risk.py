"""Which actions a person should see before they are done: a list of rules, each with a name. Pure.

A rule looks at the action, at what was typed before it, at the words around it (what the model
says, what stands under the pointer) and at the window that it reaches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from coasty_desk.core.actions import Action, Click, Drag, KeyCombo, Launch, PressKeys, TypeText, Wait
from coasty_desk.core.policy import CLOSING
from coasty_desk.core.typed import Strokes, Typed, steps, strokes_of
from coasty_desk.core.windows import Named


class Risk(Struct, frozen=True):
    """`kind` is what a person may allow for the whole run (`closing`, `deleting`, …), `why` the reason in words."""

    kind: str
    why: str


class Around(Struct, frozen=True):
    """`typed` is what may stand before what is typed now, `said` what the model says and what stands under the pointer, `windows` those that are reached (None: unknown)."""

    typed: tuple[Typed, ...] = (Typed(),)
    said: tuple[str, ...] = ()
    windows: tuple[Named, ...] | None = None
    cautious: bool = False


COMMITTING: dict[str, str] = {
    "delete": r"delet(?:e|es|ed|ing|ion)|remov(?:e|es|ed|ing|al)|eras(?:e|es|ed|ing)|trash|wip(?:e|es|ed|ing)"
    r"|uninstall(?:s|ed|ing)?|discard(?:s|ed|ing)?|permanently",
    "send": r"send(?:s|ing)?|sent|submit(?:s|ted|ting)?|submission|publish(?:es|ed|ing)?",
    "pay": r"pay(?:s|ing|ment|ments)?|paid|buy(?:s|ing)?|bought|purchas(?:e|es|ed|ing)|check ?out"
    r"|plac(?:e|es|ing) (?:the |an |my |your |this )?order|order now|transfer (?:the )?(?:money|funds)|subscribe",
    "format": r"format(?:s|ted|ting)?",
    "shut down": r"shut(?:s|ting)?[ -]?down|power(?:s|ing)?[ -]?off|turn(?:s|ing)? off|reboot(?:s|ing)?|restart(?:s|ing)?"
    r"|log(?:s|ging)?[ -]?(?:out|off)|sign(?:s|ing)?[ -]?out",
}
"""Words after which a click or Enter commits to something; the key is how the question names it."""

_STARTS = (
    r"(?:^|[;&|(`\t\n]|\$\(|\b(?:sudo|doas|env|xargs|nohup|time|exec|command|then|do|else)\s+(?:-\S+\s+)*)"
    r"\s*(?:\w+=\S*\s+)*(?:[\w.~/]*/)?"
)
"""Where a shell takes a word for a command."""

COMMANDS: dict[str, str] = {
    "removes": r"\b(?:rm|rmdir|shred|srm|wipefs|deltree|remove-item)\b"
    rf"|{_STARTS}(?:del|unlink|truncate|rd)\s+\S|\berase\s+\S*[\\/:*.]"
    r"|\bfind\b.*\s-(?:delete|exec(?:dir)?\s+rm)|\bgit\s+(?:clean|reset\s+--hard|checkout\s+(?:-f|--\s)|branch\s+-D|push)\b"
    r"|\b(?:drop\s+(?:table|database|schema|index|view|user)|delete\s+from|truncate\s+table)\b|\bcrontab\s+-r\b"
    r"|\b(?:apt|apt-get|dnf|yum|pacman|brew|pip3?|npm|snap|flatpak)\s+(?:-\S+\s+)*(?:remove|purge|uninstall|autoremove|-R\w*)\b"
    r"|\breg\s+delete\b|\bdocker\s+(?:\w+\s+)?(?:rmi|prune)\b|\bkubectl\s+delete\b",
    "overwrites": r"\b(?:mkfs(?:\.\w+)?|fdisk|diskpart)\b|\bformat\s+[a-z]:|\bdd\b.*\bof="
    r"|(?:^\s*:?\s*|\s\d?)(?<!>)>{1,2}(?!>)(?!\s*(?:/dev/null|&|\d+\s*$))\s*[\w./~$'\"-]"
    rf"|{_STARTS}(?:mv|cp|tee|rsync|ln\s+-\w*f\w*|install\s+-|sed\s+(?:-\w+\s+)*-\w*i\w*|chattr)\s+\S|\bch(?:mod|own|grp)\s+\S",
    "elevates": rf"\b(?:sudo|doas|pkexec|runas|gsudo|sudoedit|visudo)\b|{_STARTS}(?:su(?:\s+-|\s+\w+\s*$|\s*$)|passwd\b)",
    "ends": r"\b(?:killall|pkill|xkill|taskkill|poweroff|loginctl|stop-process|stop-computer|restart-computer)\b"
    rf"|\bkill\s+(?:-|%|\d|\$)|{_STARTS}(?:shutdown|reboot|halt|logout)\b|\binit\s+[06]\b|:\(\)\s*\{{"
    r"|\bsystemctl\s+(?:\S+\s+)*(?:stop|disable|mask|poweroff|reboot|halt|kill)\b",
    "downloads and runs": r"\b(?:curl|wget|iwr|irm|invoke-webrequest|invoke-restmethod)\b.*"
    r"(?:\|\s*(?:\S*/)?(?:env\s+)?(?:ba|z|da|k|fi)?sh\b|\|\s*(?:\S*/)?(?:python[\d.]*|perl|ruby|node|php|iex|invoke-expression)\b|&&|;)"
    r"|(?:\b(?:ba|z|da|k)?sh|\bsource|\beval|(?:^|\s)\.|\bpython[\d.]*)\s.*(?:<\(|\$\(|`)\s*(?:curl|wget)\b"
    r"|\b(?:iex|invoke-expression)\b|\bbase64\b.*\|\s*(?:ba|z)?sh\b|\bpowershell\b.*\s-e(?:nc|ncodedcommand)?\s",
}
"""Typed commands by what they do."""

TERMINALS = (
    r"(?im)term(?:inal|inator)?\b|xterm|konsole|alacritty|kitty|wezterm|tilix|guake|yakuake|foot\b|rxvt|ptyxis|ghostty"
    r"|powershell|command prompt|cmd\.exe|console|^st\b|\w@[\w.-]+:\s*[~/]"
)
"""What the titles and kinds of terminal windows look like."""

FILES = r"(?i)nautilus|thunar|pcmanfm|dolphin|nemo|caja|explorer|finder|file ?manager|\bfiles\b|\bdesktop\b|spacefm|krusader|\btrash\b"
"""What the titles and kinds of file managers look like."""

_DELETING = (frozenset({"shift", "delete"}), frozenset({"win", "backspace"}), frozenset({"ctrl", "shift", "delete"}))
_SESSION = (
    frozenset({"ctrl", "alt", "delete"}),
    frozenset({"ctrl", "alt", "backspace"}),
    frozenset({"ctrl", "shift", "win", "q"}),
)
_SENDING = (frozenset({"ctrl", "enter"}), frozenset({"win", "enter"}))
_SIDES = {"ctrlright": "ctrl", "shiftright": "shift", "altright": "alt", "winright": "win"}
_WORDS = {name: rf"(?i)\b(?:{words})\b" for name, words in COMMITTING.items()}
_COMMANDS = {name: rf"(?is){words}" for name, words in COMMANDS.items()}
"""Patterns are compiled (and kept, by `re`) when they are first asked: a run that never confirms need not wait for it."""


def risk(action: Action, around: Around, strokes: Strokes) -> Risk | None:
    """The first rule that the action falls under; None where it is harmless as far as can be told."""
    if isinstance(action, Wait):
        return None
    pressed = tuple(frozenset(_SIDES.get(key, key) for key in stroke) for stroke in strokes_of(action, strokes))
    rules = (
        _closes(pressed),
        _deletes(pressed, around.windows),
        _sends(pressed),
        _commits(action, pressed, around.said),
        _commands(action, around.typed, strokes),
        _in_a_terminal(around) if around.cautious else None,
    )
    return next((found for found in rules if found is not None), None)


def _closes(pressed: Iterable[frozenset[str]]) -> Risk | None:
    for stroke in pressed:
        if any(chord <= stroke for chord in CLOSING):
            return Risk("closing", "it closes a window or ends an application")
        if any(chord <= stroke for chord in _SESSION):
            return Risk("shut down", "it may end the session")
    return None


def _deletes(pressed: Iterable[frozenset[str]], windows: tuple[Named, ...] | None) -> Risk | None:
    for stroke in pressed:
        if any(chord <= stroke for chord in _DELETING):
            return Risk("delete", "it may delete for good")
        if "delete" in stroke and (windows is None or any(map(_holds_files, windows))):
            return Risk("delete", "the Delete key deletes files where a file manager is in front, or may be")
    return None


def _holds_files(window: Named) -> bool:
    """A file manager, or what may be one: a window without a name, and the bare desktop with its icons."""
    return not _words(window).strip() or re.search(FILES, _words(window)) is not None


def _sends(pressed: Iterable[frozenset[str]]) -> Risk | None:
    if any(chord <= stroke for stroke in pressed for chord in _SENDING):
        return Risk("send", "this chord sends a message in many applications")
    return None


def _commits(action: Action, pressed: Iterable[frozenset[str]], said: tuple[str, ...]) -> Risk | None:
    enters = any("enter" in stroke or "space" in stroke for stroke in pressed)
    if not (enters or isinstance(action, Click | Drag | Launch)):
        return None
    said = (*said, action.name) if isinstance(action, Launch) else said
    for name, words in _WORDS.items():
        for text in said:
            found = re.search(words, text)
            if found is not None:
                return Risk(name, f"the words around it say {found[0]!r}")
    return None


def _commands(action: Action, typed: tuple[Typed, ...], strokes: Strokes) -> Risk | None:
    for line in dict.fromkeys(line for before in typed for line in _new_lines(action, before, strokes)):
        for name, words in _COMMANDS.items():
            bare = re.sub(r"[\\'\"]", "", line)  # r\m and "rm" are rm to a shell
            if re.search(words, line) or re.search(words, bare):
                return Risk(f"command that {name}", f"typed into a shell, {line.strip()[:80]!r} {name}")
    return None


def _new_lines(action: Action, typed: Typed, strokes: Strokes) -> Iterator[str]:
    """Every line that the action leaves different; Enter alone changes none, it was asked about when it was typed."""
    if not isinstance(action, TypeText | PressKeys | KeyCombo):
        return
    line = typed.line
    for step in steps(action, strokes):
        typed = typed.step(step)
        if typed.line != line:
            line = typed.line
            yield line


def _in_a_terminal(around: Around) -> Risk | None:
    if around.windows is None or any(re.search(TERMINALS, _words(window)) for window in around.windows):
        return Risk("terminal", "it goes to a terminal" if around.windows is not None else "it may go to a terminal")
    return None


def _words(window: Named) -> str:
    return f"{window.title}\n{window.kind}"

"""pyautogui source to actions, by its syntax tree; it is never executed.

Every statement must be understood, or the whole source is refused: half a plan is another plan.
Understood are calls of pyautogui, `time.sleep` and `pyperclip.copy` with literal arguments,
imports of these three (also guarded by a `try`), `with pyautogui.hold(...)`, pyautogui's own
settings (ignored), `print` of literals (nothing happens on the desktop), bare strings, and the
words `WAIT`, `DONE` and `FAIL`.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings

from msgspec import Struct

from coasty_desk.core.actions import Action, Verdict
from coasty_desk.core.keys.chords import UnknownKey
from coasty_desk.wire.canonical_actions import MAX_CODE, encode
from coasty_desk.wire.json_fields import UnreadableError, short, unreadable
from coasty_desk.wire.source_arguments import Names, bind, dotted, literal, named, positional
from coasty_desk.wire.source_calls import CALLS, keys_of
from coasty_desk.wire.source_hand import SourceHand

MODULES = ("pyautogui", "time", "pyperclip")

MAX_BRACES = 2000
"""Python's own parser takes its time over a string with many placeholders, and holds everything meanwhile."""

MAX_ENDS = 5000
"""Lines and semicolons, where most statements end: Python's parser takes longest over many short ones."""

SETTINGS = ("PAUSE", "FAILSAFE", "MINIMUM_DURATION", "MINIMUM_SLEEP", "DARWIN_CATCH_UP_TIME")
"""What a source may set on pyautogui, to no effect: our failsafe stays on, our pacing stays ours."""

HARMLESS = ("pyautogui.screenshot", "pyautogui.position", "pyautogui.size")
"""Calls without arguments that only look."""

_NO_CALL = "only plain calls are understood"
_IMPORT_ERRORS = ("ImportError", "ModuleNotFoundError", "Exception")


class SourceRefused(ValueError):  # noqa: N818 - it is named for what it says, and is no failure of ours
    """The source is not understood as a whole; the text is one sentence with the line and the statement.

    `by` is who refuses it, as in a `Refusal`: `keys` where a key is named that there is not.
    """

    def __init__(self, text: str, by: str = "wire") -> None:
        super().__init__(text)
        self.by = by


class ParsedSource(Struct, frozen=True):
    """The actions, in order, in the source's own pixels; then `verdict` holds."""

    actions: tuple[Action, ...]
    verdict: Verdict = Verdict.CONTINUE

    def to_json(self) -> list[dict[str, object]]:
        """The actions in the service's canonical shape, with `done` or `fail` as the last of them."""
        last: dict[str, object] = {"action_type": self.verdict.value, "params": {}}
        return [*map(encode, self.actions), *([] if self.verdict is Verdict.CONTINUE else [last])]


def parse(source: str, *, of_one: bool = False, whole: bool = False) -> ParsedSource:
    """Read pyautogui source; `of_one`: its places are fractions of the picture. `whole`: with bent drags and held keys.

    Raises SourceRefused, and nothing else, for whatever is not understood.
    """
    braces, ends = source.count("{"), sum(map(source.count, ";\n\r"))
    for many, most, what in (
        *((len(source), MAX_CODE, "characters"), (braces, MAX_BRACES, "braces")),
        (ends, MAX_ENDS, "lines and semicolons"),
    ):
        if many > most:
            msg = f"The source has more than {most} {what}."
            raise SourceRefused(msg)
    try:
        text, tree = syntax_tree(unfenced(source))
        reader = StatementReader(_LINE_END.split(text), of_one=of_one, whole=whole)
        reader.read(tree.body)
        reader.finish()
    except (RecursionError, MemoryError):
        msg = "The source is nested too deeply."
        raise SourceRefused(msg) from None
    return ParsedSource(tuple(reader.hand.actions), reader.hand.verdict)


_LINE_END = re.compile(r"\r\n|\r|\n")


def unfenced(source: str) -> str:
    """The source without the code fence that models put around it."""
    text = source.removeprefix("\ufeff")
    bare = text.strip()
    if len(bare) < 6 or not bare.startswith("```") or not bare.endswith("```"):
        return text
    first, newline, rest = bare[3:-3].partition("\n")
    return rest if newline and first.strip().lower() in ("", "python", "python3", "py") else bare[3:-3].strip()


def syntax_tree(text: str) -> tuple[str, ast.Module]:
    """The text, without an indentation that all of it shares, and its syntax tree. Raises SourceRefused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes that Python doubts
        try:
            try:
                return text, ast.parse(text)
            except IndentationError:
                shared, text = text, textwrap.dedent(text)
                if text == shared:  # Python's parser holds everything meanwhile: not twice for the same error
                    raise
                return text, ast.parse(text)
        except SyntaxError as error:
            number = error.lineno or 1
            line = "".join(_LINE_END.split(text)[number - 1 : number])
            msg = f"Line {number}, `{short(line.strip(), 80)}`: it is not Python."
        except ValueError:
            msg = "The source has characters that no source can have."
    raise SourceRefused(msg)


class StatementReader:
    """Reads statements one after the other and has the hand do them."""

    def __init__(self, lines: list[str], *, of_one: bool = False, whole: bool = False) -> None:
        self.hand = SourceHand(of_one=of_one, bends=whole)
        self._lines = lines
        self._names: Names = {name: name for name in MODULES}
        self._empty = True

    def read(self, statements: list[ast.stmt]) -> None:
        """Read all of them. Raises SourceRefused for the first that is not understood."""
        for statement in statements:
            try:
                self.one(statement)
            except (UnreadableError, UnknownKey) as error:
                msg = f"Line {statement.lineno}, `{self._shown(statement)}`: {short(str(error), 120)}."
                raise SourceRefused(msg, "keys" if isinstance(error, UnknownKey) else "wire") from None

    def finish(self) -> None:
        """There is no more. Raises SourceRefused where nothing was done, or something is left half done."""
        if self._empty:
            msg = "There is nothing in the source that could be done."
            raise SourceRefused(msg)
        try:
            self.hand.finish()
        except UnreadableError as error:
            msg = f"At the end of the source {error}."
            raise SourceRefused(msg) from None

    def _shown(self, statement: ast.stmt) -> str:
        """The beginning of the statement, so that a person finds it."""
        line = self._lines[statement.lineno - 1].encode()
        return short(line[statement.col_offset :].decode(errors="replace").strip(), 80)

    def one(self, statement: ast.stmt) -> None:
        """Read this one. Raises UnreadableError, UnknownKey; SourceRefused for what is inside of it."""
        match statement:
            case ast.Expr(value=ast.Constant()):
                return
            case ast.Expr(value=value):
                self._expression(value)
            case ast.Import(names=names):
                for name in names:
                    self._names[name.asname or name.name] = _module(name.name)
            case ast.ImportFrom(module=module, names=names, level=0):
                self._import_from(_module(module or ""), names)
            case ast.Assign(targets=[ast.Attribute(attr=setting) as target], value=value) if setting in SETTINGS:
                if dotted(target, self._names) != f"pyautogui.{setting}":
                    unreadable("something other than pyautogui is set")
                literal(value, self._names)
            case ast.Try(body=body, handlers=handlers, orelse=[], finalbody=[]):
                self._guarded_imports(body, handlers)
            case ast.With(items=items, body=body):
                self._holding(items, body)
            case ast.Pass():
                pass
            case _:
                unreadable(_NO_CALL)
        self._empty = False

    def _expression(self, value: ast.expr) -> None:
        match value:
            case ast.Name(id="WAIT"):
                self.hand.wait(1.0)
            case ast.Name(id="DONE"):
                self.hand.end(Verdict.DONE)
            case ast.Name(id="FAIL"):
                self.hand.end(Verdict.FAIL)
            case ast.Call(func=ast.Name(id="print")) if "print" not in self._names:
                positional(value, self._names)
                named(value, ("sep", "end", "flush"), self._names)
            case ast.Call():
                self._call(value)
            case _:
                unreadable(_NO_CALL)

    def _call(self, call: ast.Call) -> None:
        name = dotted(call.func, self._names)
        if name in HARMLESS and not call.args and not call.keywords:
            return
        if name == "pyautogui.hotkey":
            named(call, ("interval", "logScreenshot", "_pause"), self._names)
            self.hand.hotkey(keys_of(positional(call, self._names)))
            return
        if name not in CALLS:
            unreadable("only calls of pyautogui, time.sleep and pyperclip.copy that act are understood")
        parameters, do = CALLS[name]
        do(self.hand, bind(call, parameters, self._names))

    def _import_from(self, module: str, names: list[ast.alias]) -> None:
        for name in names:
            if name.name == "*":
                known = [*CALLS, *HARMLESS, "pyautogui.hotkey", "pyautogui.hold"]
                self._names |= {call.partition(".")[2]: call for call in known if call.startswith(f"{module}.")}
            else:
                self._names[name.asname or name.name] = f"{module}.{name.name}"

    def _guarded_imports(self, body: list[ast.stmt], handlers: list[ast.ExceptHandler]) -> None:
        """An import that is tried, with whatever would be done without it: it is there, so that is not done."""
        if not all(isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass) for statement in body):
            unreadable("a try may hold imports, and nothing else")
        for caught in [handler.type for handler in handlers if handler.type is not None]:
            nodes = caught.elts if isinstance(caught, ast.Tuple) else [caught]
            if not all(isinstance(node, ast.Name) and node.id in _IMPORT_ERRORS for node in nodes):
                unreadable("a try may wait for an ImportError, and nothing else")
        self.read(body)

    def _holding(self, items: list[ast.withitem], body: list[ast.stmt]) -> None:
        held: list[str] = []
        for item in items:
            call = item.context_expr
            if not isinstance(call, ast.Call) or dotted(call.func, self._names) != "pyautogui.hold":
                unreadable("only pyautogui.hold is understood behind with")
            if item.optional_vars is not None:
                unreadable("pyautogui.hold gives nothing that could be kept")
            fields = bind(call, ("keys", "logScreenshot", "_pause"), self._names)
            held.extend(keys_of(fields.values.get("keys")))
        for key in held:
            self.hand.key_down(key)
        self.read(body)
        for key in reversed(held):
            self.hand.key_up(key)


def _module(name: str) -> str:
    if name not in MODULES:
        unreadable(f"only {', '.join(MODULES)} may be imported")
    return name

"""A secret's value exists between the keystroke and the keyboard."""

from __future__ import annotations

import base64
import codecs
import json
import re
from collections.abc import Generator
from dataclasses import dataclass

import pytest

from coasty_desk.core.actions import (
    Action,
    Click,
    KeyCombo,
    Launch,
    Point,
    Prediction,
    PressKeys,
    Refusal,
    TypeText,
    Verdict,
)
from coasty_desk.core.errors import DesktopError, ServiceError, UsageError
from coasty_desk.core.gates.confirm import Confirm, Eyes, Scripted
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.ports import PredictRequest, Retry
from coasty_desk.core.redaction.redactor import Hiding
from coasty_desk.core.scaling import Placed
from coasty_desk.core.secrets import Filling, SecretGate, Secrets
from coasty_desk.core.stop import Stop
from coasty_desk.guard.secret_sources import read
from coasty_desk.wire.action_json import decode
from tests.core.gating import FRAME, Clock, Desk, Hands, Mouse, judged, ledger, placed

VALUE = "hunter2-Zz"
SECRETS = Secrets({"PW": VALUE, "LONG": f"{VALUE}!"})


def test_the_value_is_put_in_at_the_keystroke_alone() -> None:
    """Safety sentence: the executor gets the value, whoever stands before it the placeholder."""
    hands = Hands()
    action = placed(TypeText("a {{secret:PW}} {{ secret: PW }} b"))
    Filling(hands, SECRETS).perform(action)
    assert hands.done == [TypeText(f"a {VALUE} {VALUE} b")]
    assert action.real == TypeText("a {{secret:PW}} {{ secret: PW }} b")


def test_other_actions_go_through() -> None:
    """A click has no text."""
    hands = Hands()
    Filling(hands, SECRETS).perform(placed(Click(Point(5, 5))))
    assert hands.done == [Click(Point(10, 10))]


def test_a_secret_that_there_is_not_is_refused() -> None:
    """A placeholder is never typed as it stands."""
    refusal = Filling(Hands(), SECRETS).refuses(placed(TypeText("{{secret:OTHER}}")))
    assert refusal is not None
    assert refusal.by == "secret"


def test_no_refusal_says_the_value() -> None:
    """The keyboard's own refusal may quote what it cannot type."""
    hands = Hands(fault=Refusal(f"type {VALUE!r}", "keys", f"no key writes {VALUE}"))
    refusal = Filling(hands, SECRETS).refuses(placed(TypeText("{{secret:PW}}")))
    assert refusal is not None
    assert VALUE not in repr(refusal)


def test_no_error_says_the_value() -> None:
    """The desktop's error may quote it too."""

    class Failing(Hands):
        def perform(self, placed: Placed) -> None:
            message = f"cannot type {placed.real}"
            raise DesktopError(message, f"do not type {VALUE}")

    with pytest.raises(DesktopError) as caught:
        Filling(Failing(), SECRETS).perform(placed(TypeText("{{secret:PW}}")))
    assert VALUE not in caught.value.message + caught.value.remedy
    assert caught.value.__suppress_context__


@dataclass
class Saying:
    """A predictor that says this."""

    prediction: Prediction

    def price(self, _ask: PredictRequest) -> int:
        """Nothing."""
        return 0

    def predict(self, _ask: PredictRequest) -> Generator[Retry, None, Prediction]:
        """The one answer."""
        yield from ()
        return self.prediction

    def close(self) -> None:
        """Nothing is open."""


def test_a_model_that_reads_the_value_off_the_screen_does_not_spread_it() -> None:
    """Safety sentence: the value is hidden in what the model says, before anybody hears it."""
    actions: tuple[Action | Refusal, ...] = (TypeText(f"x{VALUE}"), Refusal(VALUE, "wire", VALUE))
    said = Prediction(Verdict.CONTINUE, actions, f"I see {VALUE}!", descriptions=(VALUE, ""))
    answering = Hiding(Saying(said), SECRETS).predict(PredictRequest(1, "t", FRAME))
    with pytest.raises(StopIteration) as end:
        next(answering)
    assert VALUE not in repr(end.value.value)
    assert end.value.value.reasoning == "I see {{secret:LONG}}"


def heard(said: Prediction, secrets: Secrets = SECRETS) -> Prediction:
    """What of a model's answer is heard."""
    return heard_by(Hiding(Saying(said), secrets))


def heard_by(hiding: Hiding) -> Prediction:
    """The next answer."""
    answering = hiding.predict(PredictRequest(1, "t", FRAME))
    with pytest.raises(StopIteration) as end:
        next(answering)
    answer: Prediction = end.value.value
    return answer


SPLIT: list[tuple[Action | Refusal, ...]] = [
    (TypeText("hunt"), TypeText("er2-Zz")),
    (PressKeys(tuple(VALUE)),),
    (TypeText("hunter2"), KeyCombo(("-",)), KeyCombo(("shift", "z")), PressKeys(("z",))),
    (TypeText("hun"), Click(Point(5, 5)), TypeText("ter2-"), PressKeys(("Z", "z"))),
    decode({"action_type": "key_combo", "params": {"keys": ["ctrl", VALUE]}}).actions,
    decode({"action_type": "key_press", "params": {"keys": [VALUE]}}).actions,
    decode({"action_type": "click", "params": {"x": 5, "y": 5, "modifiers": [VALUE]}}).actions,
    decode({"action_type": "scroll", "params": {"clicks": 1, "modifiers": [f"x{VALUE}"]}}).actions,
    (Launch(VALUE),),
    (TypeText("h u n t e r 2 - Z z"),),
    (TypeText(r"\u0068unter2-Zz"),),
    (TypeText("hunter2%2DZz"),),
]


@pytest.mark.parametrize("actions", SPLIT, ids=str)
def test_a_value_in_keys_or_in_pieces_is_refused(actions: tuple[Action | Refusal, ...]) -> None:
    """Safety sentence: whatever says it otherwise than as a text is not done, and no record has it."""
    answer = heard(Prediction(Verdict.CONTINUE, (TypeText("before"), *actions, TypeText("after"))))
    refused = [one for one in answer.actions if isinstance(one, Refusal)]
    assert refused
    assert all(one.by == "secret" and "{{secret:" in one.why for one in refused)
    assert (answer.actions[0], answer.actions[-1]) == (TypeText("before"), TypeText("after"))
    said = "".join(one.text for one in answer.actions if isinstance(one, TypeText)) + repr(answer.actions)
    assert "hunt" not in said
    assert "Zz" not in said


def test_a_value_in_pieces_over_several_answers_is_not_finished() -> None:
    """What was said before it could be known is on record; the rest of it is not."""
    hiding = Hiding(Saying(Prediction(Verdict.CONTINUE, (TypeText("hunter"),))), SECRETS)
    assert heard_by(hiding).actions == (TypeText("hunter"),)
    hiding.predictor = Saying(Prediction(Verdict.CONTINUE, (TypeText("2-Zz"),)))
    assert [type(action) for action in heard_by(hiding).actions] == [Refusal]


WAYS = (
    VALUE,
    VALUE.upper(),
    VALUE[::-1],
    " ".join(VALUE),
    "\u200b".join(VALUE),
    "".join(f"\\u{ord(c):04x}" for c in VALUE),
    "".join(f"\\\\u{ord(c):04X}" for c in VALUE),
    "".join(f"\\x{ord(c):02x}" for c in VALUE),
    "".join(f"%{ord(c):02X}" for c in VALUE),
    "".join(f"%25{ord(c):02x}" for c in VALUE),
    "".join(f"&#{ord(c)};" for c in VALUE),
    "".join(f"&#x{ord(c):04x};" for c in VALUE),
    "".join(f"&amp;#{ord(c)};" for c in VALUE),
    "hunter2&#45;Zz",
    "hunter2\\u{2d}Zz",
    base64.b64encode(VALUE.encode()).decode(),
    base64.b64encode(f"user:{VALUE}".encode()).decode(),
    base64.urlsafe_b64encode(f"a {VALUE} b".encode()).decode(),
    VALUE.encode().hex(),
    VALUE.encode().hex().upper(),
    VALUE.encode().hex(":"),
    ", ".join(f"0x{c:02x}" for c in VALUE.encode()),
    str([*VALUE.encode()]),
    " ".join(map(str, VALUE.encode())),
    base64.b32encode(VALUE.encode()).decode(),
    "".join(f"\\{ord(c):03o}" for c in VALUE),
    "".join(chr(ord(c) + 0xFEE0) for c in VALUE),
    *(between.join(VALUE) for between in "*~#=→•·🙂\u0336"),
    *("".join(f"{left}{c}{right}" for c in VALUE) for left, right in ("[]", "()", "{}", ("**", "**"), ("`", "`"))),
    "".join(chr(ord(c) + 0xE0000) for c in VALUE),
    "".join(f"={ord(c):02X}" for c in VALUE),
    "hunter2=2DZz",
    "hunter2&hyphen;Zz",
    codecs.encode(VALUE, "rot13"),
    "\n".join(f"{c:02x}" for c in VALUE.encode()),
    " ".join(f"U+{c:04X}" for c in VALUE.encode()),
    "+".join(f"chr({c})" for c in VALUE.encode()),
    " ".join(f"{c:08b}" for c in VALUE.encode()),
    " ".join(f"{c:o}" for c in VALUE.encode()),
    base64.b64encode(VALUE.encode("utf-16-le")).decode(),
    "\n".join(re.findall(".{1,4}", base64.b64encode(VALUE.encode()).decode())),
)


@pytest.mark.parametrize("way", WAYS)
def test_a_value_that_is_written_otherwise_is_hidden(way: str) -> None:
    """Safety sentence: escaped, encoded and spelled out, in words, ids, retries and errors."""
    text = f"I see {way}, that is it"
    assert "{{secret:" in SECRETS.hidden(text)
    assert "that is it" in SECRETS.hidden(text)
    answer = heard(Prediction(Verdict.CONTINUE, (), text, request_id=text, descriptions=(text,)))
    core = way[3:-3]
    assert core not in repr(answer)

    class Failing(Saying):
        def predict(self, _ask: PredictRequest) -> Generator[Retry, None, Prediction]:
            yield Retry(text, 1.0, 1)
            raise ServiceError(text, text, code=text, request_id=text)

    asked = Hiding(Failing(answer), SECRETS).predict(PredictRequest(1, "t", FRAME))
    assert core not in repr(next(asked))
    with pytest.raises(ServiceError) as caught:
        next(asked)
    error = caught.value
    assert core not in f"{error} {error.args} {error.message} {error.remedy} {error.code} {error.request_id}"


@pytest.mark.parametrize("value", ['p@ss"w\\d', "line1\nline2", "C:\\new\\pass", 'a"b\\\\c'])
@pytest.mark.parametrize("depth", [1, 2])
def test_a_value_with_signs_is_hidden_as_json_has_it(value: str, depth: int) -> None:
    """Quotes, backslashes and line ends are written with a backslash there, and so again in JSON within JSON."""
    written = value
    for _ in range(depth):
        written = json.dumps(written)[1:-1]
    assert Secrets({"K": value}).hidden(f"it is {written}, said") == "it is {{secret:K}}, said"


@pytest.mark.parametrize(
    "actions",
    [
        (PressKeys(("7", "3", "7")),),
        (KeyCombo(("7", "3", "7")),),
        (PressKeys(("7",)), PressKeys(("3", "7"))),
        (TypeText("x"), PressKeys(("7", "3", "7")), PressKeys(("enter",))),
    ],
)
def test_a_short_value_in_keys_alone_is_refused(actions: tuple[Action, ...]) -> None:
    """Safety sentence: no record has it, and no keyboard; what merely has it in it is typed."""
    secrets = Secrets({"CVV": "737"})
    said = [one for one in heard(Prediction(Verdict.CONTINUE, actions), secrets).actions if isinstance(one, Refusal)]
    assert said
    assert "'7'" not in repr([one for one in said if one.by == "secret"])
    keys = (PressKeys(("1", "7", "3", "7")), PressKeys(("7", "left", "3")))
    for one in keys:
        assert heard(Prediction(Verdict.CONTINUE, (one,)), secrets).actions == (one,)


def test_keys_that_there_are_not_say_no_secret_in_their_refusal() -> None:
    """A chord of signs is refused by its name, which every record has."""
    secrets = Secrets({"K": 'p@ss"w\\d'})
    (refused,) = heard(Prediction(Verdict.CONTINUE, (KeyCombo(tuple('p@ss"w\\d')),)), secrets).actions
    assert isinstance(refused, Refusal)
    assert refused.by == "secret"


def test_other_words_stay() -> None:
    """What only looks a little like it is no secret; nor is the name of one."""
    secrets = Secrets({"PW": "secret", "TAN": "Pässe-7"})
    for text in ("I am hunting for 2 Zz", "{{secret:PW}}", "100%25 of it &amp; \\u0041"):
        assert secrets.hidden(text) == text
    assert secrets.hidden("P%C3%A4sse-7 P\\u00e4sse\\u002d7") == "{{secret:TAN}} {{secret:TAN}}"


@pytest.mark.parametrize("name", ["&foo;", "&bne;", "&nosuch; &fjlig;", "&amp;foo; &#38;bne;"])
def test_a_name_of_html_that_is_none_or_of_several_letters_is_read_as_it_is(name: str) -> None:
    """Safety sentence: whatever a page or a model says, a value beside it is found, and nothing ends the run."""
    assert SECRETS.hidden(name) == name
    assert SECRETS.hidden(f"{name} {VALUE} {name}") == f"{name} {{{{secret:PW}}}} {name}"
    assert SECRETS.hidden(f"{name}hunter2&#45;Zz{name}") == f"{name}{{{{secret:PW}}}}{name}"


def test_a_short_value_is_hidden_where_it_stands_alone() -> None:
    """Safety sentence: not every a becomes one, and neither does every word with one in it."""
    secrets = Secrets({"A": "a", "PIN": "123"})
    assert secrets.hidden("a cat, 1234 and a123") == "a cat, 1234 and a123"
    assert secrets.hidden("the PIN is 123, or 'a'.") == "the PIN is {{secret:PIN}}, or '{{secret:A}}'."
    assert secrets.hidden("a") == "{{secret:A}}"
    assert heard(Prediction(Verdict.CONTINUE, (TypeText("123"),)), secrets).actions == (TypeText("{{secret:PIN}}"),)


def test_a_long_text_is_read_in_time_that_grows_with_it() -> None:
    """The work is counted, not timed: so many characters are looked at."""
    for unit in ("\\", "%2", "&#0", "- ", "hunter2-Z", "\\u0068"):
        assert SECRETS.hidden(unit * 20_000)


def test_a_bound_secret_is_typed_into_its_windows_alone() -> None:
    """Safety sentence: `NAME=SOURCE@WINDOW`."""
    secrets = read(["PW=env:X@*Bank*", "ANY=env:X"], {"X": VALUE})
    action = TypeText("{{secret:PW}}")
    for title, refused in (("My Bank", False), ("Notes", True), ("", True), ("Bank" * 2000, True)):
        judgement = judged(SecretGate(secrets, Desk(front=NamedWindow(title))), action)[0]
        assert isinstance(judgement, Refusal) is refused
    assert judged(SecretGate(secrets, Desk(front=NamedWindow("Notes"))), TypeText("{{secret:ANY}} PW")) == (None, [])


def test_under_risky_an_unbound_secret_is_asked_about_once() -> None:
    """Safety sentence: at its first use; a bound one is not."""
    secrets = read(["PW=env:X", "B=env:X@Bank"], {"X": VALUE})
    book = ledger(Clock())
    person = Scripted(["no", "yes"])
    gate = Confirm("risky", person, book, Stop(), Eyes(Desk(), Mouse()), secrets=secrets)
    refusals = [judged(gate, TypeText("{{secret:PW}}"))[0] is not None for _ in range(3)]
    assert refusals == [True, False, False]
    assert len(person.asked) == 2
    assert judged(gate, TypeText("{{secret:B}}")) == (None, [])


def test_a_secret_is_asked_about_also_where_its_kind_of_action_was_allowed() -> None:
    """A yes to commands in a terminal is none to a secret."""
    secrets = read(["PW=env:X", "Q=env:X"], {"X": VALUE})
    person = Scripted(["always", "yes", "yes"])
    gate = Confirm("risky", person, ledger(Clock()), Stop(), Eyes(Desk(), Mouse()), secrets=secrets)
    for text in ("sudo rm -rf /a\n", "sudo rm -rf /b {{secret:PW}}\n", "{{secret:PW}}{{secret:Q}}", "{{secret:Q}}"):
        assert judged(gate, TypeText(text))[0] is None
    assert [asked[1].rsplit(": ", 1)[1] for asked in person.asked[1:]] == ["PW", "Q"]


def test_secrets_say_nothing_of_themselves() -> None:
    """Not in a log, not in a traceback."""
    assert repr(SECRETS) == "Secrets(LONG, PW)"


def test_sources_are_read() -> None:
    """From the environment, with or without a name of its own."""
    secrets = read(["A=env:X", "B=env:Y"], {"X": "1=1", "Y": " z"})
    assert secrets.filled("{{secret:A}}|{{secret:B}}") == "1=1| z"


@pytest.mark.parametrize(
    ("sources", "task", "says"),
    [
        (["A=env:X", "A=env:X"], "", "twice"),
        (["A"], "", "spelled"),
        (["A=env:"], "", "spelled"),
        (["A=env:EMPTY"], "", "not set"),
        (["A=keyring:x"], "", "SERVICE/USER"),
        (["1A=env:X"], "", "spelled"),
        (["A=env:X@"], "", "cannot be read"),
        (["A=env:X@[a"], "", "cannot be read"),
        ([], "type {{secret:A}}", "nobody gives it"),
    ],
)
def test_a_source_that_cannot_be_read_is_a_usage_error(sources: list[str], task: str, says: str) -> None:
    """Before anything is started, and without the value."""
    with pytest.raises(UsageError, match=says) as caught:
        read(sources, {"X": VALUE, "EMPTY": ""}, task)
    assert VALUE not in caught.value.message


def test_the_keyring_is_asked_by_service_and_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last slash parts them."""
    monkeypatch.setattr("keyring.get_password", lambda service, user: f"{service}|{user}")
    assert read(["A=keyring:my/site/me"], {}).filled("{{secret:A}}") == "my/site|me"
    monkeypatch.setattr("keyring.get_password", lambda _s, user: user if user == "me@home" else None)
    assert read(["A=keyring:site/me@home"], {}).unbound_in("{{secret:A}}") == ("A",)
    assert read(["A=keyring:site/me@home@*Bank*"], {}).unbound_in("{{secret:A}}") == ()
    monkeypatch.setattr("keyring.get_password", lambda _service, _user: None)
    with pytest.raises(UsageError, match="nothing for"):
        read(["A=keyring:site/me"], {})

"""Who answers on `/v1`, once for each question: the model of the service, a caller's own, or the published API to which it is passed on."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from msgspec import UNSET, Struct, json
from msgspec.structs import replace

from coasty_desk.core.actions import Action, Click, Prediction, Usage, Verdict
from coasty_desk.core.errors import Aborted, CoastyDeskError, ServiceError
from coasty_desk.core.keys.chords import UnknownKey
from coasty_desk.core.money import Money, from_cents
from coasty_desk.core.relay import Relay
from coasty_desk.core.scaling import Frame, Size
from coasty_desk.server import price_list, session_store
from coasty_desk.server.answer_log import AnswerLog, answered, whole_cents_of
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.api_keys import ServiceKey
from coasty_desk.server.database import Database
from coasty_desk.server.live_sessions import LiveSession, LiveSessions
from coasty_desk.server.llm_key_store import LlmKeyStore
from coasty_desk.server.model_faults import as_api_error, is_unknown, outcome_unknown
from coasty_desk.server.operation import Call, CallReply
from coasty_desk.server.own_answers import ModelQuestion, OwnConversation, PaidInVainError, pointed
from coasty_desk.server.relayed_answers import RelayedPurchase, bought, breakdown, passed_on
from coasty_desk.server.request_values import refused
from coasty_desk.server.sent_pictures import SentPicture, picture
from coasty_desk.server.service import Service
from coasty_desk.server.session_store import SessionProgress, SessionStore, StoredSession
from coasty_desk.server.told_actions import ToldActions, told, whole_frame
from coasty_desk.server.whom_to_ask import AskedModels, CallersWish, Whom, wish
from coasty_desk.settings import Settings
from coasty_desk.wire import action_json, predictions
from coasty_desk.wire.inference_resources import (
    MAX_METADATA,
    ActionEntry,
    CostLine,
    GroundBody,
    GroundReply,
    LlmConfig,
    PredictBody,
    PredictReply,
    SessionBody,
    SessionInfo,
    SessionPredictBody,
    SessionPredictReply,
    SessionReply,
    UsageReport,
)
from coasty_desk.wire.json_fields import Fields, UnreadableError, given

USUAL_ACTIONS = 5
"""Of one answer in a session, whose requests do not say how many are wanted."""

ALL_ACTIONS = 1000
"""Of an answer of the published API: it was told how many."""

MOST_ACTED = 60
MOST_SAID = 10
"""Actions and later instructions of a session that are kept, for a conversation that is begun anew."""


class ModelAnswer(Struct, frozen=True):
    """A prediction, in which frame and which pixels its places are, and what it cost; `lines` are those of its price, where there are any."""

    prediction: Prediction
    frame: Frame
    space: Size
    cost: Money
    lines: list[CostLine] | None = None
    limit: int = ALL_ACTIONS
    tools: Sequence[str] | None = None

    def told(self) -> ToldActions:
        """As the caller gets it."""
        return told(self.prediction, self.frame, self.limit, self.tools)


class CallOutcome(Struct, frozen=True):
    """What came of a call: what it cost, the body where so many cents are charged for it, and what else is written with it."""

    cost: Money
    body: Callable[[int], Struct]
    write: Callable[[sqlite3.Connection, int], None] | None = None


class CallInHand(Struct, frozen=True):
    """One call on its way to a model: whom it asks, what its purchases are called by, and the generation of their key."""

    call: Call
    whom: Whom
    name: str
    generation: int


class Inference:
    """Of one service, between its making and `close`."""

    def __init__(self, database: Database, settings: Settings, environment: Mapping[str, str]) -> None:
        self.keys = LlmKeyStore(database)
        self.models = AskedModels(settings, environment, self.keys)
        self.store = SessionStore(database)
        self._database = database
        self._log = AnswerLog(database)
        self._live = LiveSessions()
        self._connecting = threading.Lock()
        self._relay: Relay | None = None

    def close(self) -> None:
        """End what is asked in sessions, and let go of what is open."""
        self._live.close()

    def predict(self, call: Call, body: PredictBody) -> CallReply:
        """What to do next; nothing of it is kept."""
        _demand_unique(body.tools)
        shown, earlier = picture(body.screenshot), [picture(item.screenshot) for item in body.trajectory]
        space = Size(body.screen_width or shown.size.width, body.screen_height or shown.size.height)
        whom = self._whom(call, body.llm, body.model)

        def ask(hand: CallInHand) -> CallOutcome:
            if whom.model.passes_on:
                prompt = len(body.system_prompt or "") + len(body.instructions or "")
                sizes = [one.size for one in (shown, *earlier)]
                lines = price_list.lines(price_list.PREDICT, sizes, body.cua_version, prompt)
                document = {**passed_on(body, "include_raw_code", "include_reasoning"), "cua_version": body.cua_version}
                answer = self._predicted_there(hand, "predict", document, lines, space)
            else:
                answer = _stateless(hand, body, shown, earlier, space)
            made = answer.told()
            return CallOutcome(
                answer.cost, lambda cents: PredictReply(**_said(body, body.cua_version, answer, made, cents))
            )

        return self._once(call, whom, ask, repeatable=whom.is_repeatable)

    def ground(self, call: Call, body: GroundBody) -> CallReply:
        """Where the element is."""
        element = body.element or body.description
        if element is None:
            raise refused(["body", "element"], "it is required", "missing")
        shown = picture(body.screenshot)
        space = Size(body.screen_width or shown.size.width, body.screen_height or shown.size.height)
        whom = self._whom(call, None, None)

        def ask(hand: CallInHand) -> CallOutcome:
            if whom.model.passes_on:
                lines = price_list.lines(price_list.GROUND, [shown.size], "", 0)
                document = {**passed_on(body, "description"), "element": element}
                answer = self._pointed_there(hand, document, lines, space)
            else:
                question = ModelQuestion(1, element, shown, space)
                found = pointed(whom, hand.name, question, call.stop)
                answer = ModelAnswer(found.prediction, found.request.frame, space, found.cost)
            at = _place(answer)
            return CallOutcome(
                answer.cost,
                lambda cents: GroundReply(
                    int(at[0]), int(at[1]), answer.space.width, answer.space.height, usage=_usage(answer, cents)
                ),
            )

        return self._once(call, whom, ask, repeatable=whom.is_repeatable)

    def open_session(self, call: Call, body: SessionBody) -> CallReply:
        """A new session."""
        _demand_unique(body.tools)
        if body.metadata and len(json.encode(body.metadata)) > MAX_METADATA:
            raise refused(["body", "metadata"], f"it is larger than {MAX_METADATA} bytes as JSON")
        whom = self._whom(call, body.llm, body.model)
        self._tidy()
        self.store.demand_room()
        session_id = f"ses_{_digest(call.operation_id)[:32]}" if call.operation_id else session_store.new_id()
        kept = (
            body
            if not whom.key or whom.model.passes_on
            else replace(body, llm=LlmConfig(whom.provider, whom.chosen.model))
        )

        def ask(hand: CallInHand) -> CallOutcome:
            answer, upstream = _free(), ""
            if whom.model.passes_on:
                lines = [CostLine("base", price_list.SESSION_CREATE)]
                document = {**passed_on(body, "metadata"), "cua_version": body.cua_version}
                relayed = self._bought(hand, "sessions", document, lines)
                upstream = _upstream_id(relayed.document)
                answer = replace(
                    answer,
                    cost=from_cents(relayed.cents),
                    lines=breakdown(relayed.document, relayed.cents, tuple(lines)),
                )
            elif whom.key:
                with self._live.alone(session_id, call.stop) as live:
                    live.key = whom.key
            made = session_store.begun(session_id, _owner(call).key_id, kept, whom.provider, upstream)

            def reply(cents: int) -> SessionReply:
                about = info(replace(made, credits=cents))
                return SessionReply(
                    **{name: getattr(about, name) for name in about.__struct_fields__}, usage=_usage(answer, cents)
                )

            return CallOutcome(
                answer.cost,
                reply,
                lambda connection, cents: session_store.insert(connection, replace(made, credits=cents)),
            )

        return self._once(call, whom, ask, repeatable=True)  # opening one of our own asks nobody

    def step(self, call: Call, session_id: str, body: SessionPredictBody) -> CallReply:
        """What to do next in the session."""
        self.store.found(session_id, _owner(call).key_id)
        shown = picture(body.screenshot)
        with self._live.alone(session_id, call.stop) as live:
            stored = self.store.found(session_id, _owner(call).key_id)
            options = stored.options
            if stored.provider != self.models.own.provider and options.llm is None:
                _end_of_session("It was opened with another model than the service has now.")
            whom = self._whom(call, options.llm, options.model, live.key)

            def ask(hand: CallInHand) -> CallOutcome:
                step = stored.steps + 1
                progress = stored.progress.heard(body.instruction, MOST_SAID)
                if whom.model.passes_on:
                    answer = self._stepped_there(hand, stored, body, shown)
                else:
                    answer = _stepped(hand, live, stored, progress, body, shown)
                made = answer.told()
                live.outcomes, live.steps = made.outcomes, step
                acted = [entry for entry in made.entries_without_code() if entry.action_type not in ("done", "fail")]
                progress = progress.done(acted, MOST_ACTED)

                def reply(cents: int) -> SessionPredictReply:
                    said = _said(body, options.cua_version, answer, made, cents)
                    return SessionPredictReply(**said, session_id=session_id, step=step)

                return CallOutcome(
                    answer.cost,
                    reply,
                    lambda connection, cents: session_store.stepped(connection, session_id, step, cents, progress),
                )

            try:
                return self._once(call, whom, ask, repeatable=whom.is_repeatable)
            except BaseException:
                if whom.model.remembers or stored.steps + 1 == live.steps:  # what it has heard is not what was answered
                    live.let_go()
                raise

    def reset(self, call: Call, session_id: str) -> None:
        """The session begins anew."""
        stored = self.store.found(session_id, _owner(call).key_id)
        with self._live.alone(session_id, call.stop) as live:
            if stored.upstream:
                self._told_there(call, "POST", f"sessions/{stored.upstream}/reset")
            live.let_go()
            self.store.reset(session_id)

    def delete(self, call: Call, session_id: str) -> None:
        """The session is no more."""
        stored = self.store.found(session_id, _owner(call).key_id)
        if stored.upstream:
            self._told_there(call, "DELETE", f"sessions/{stored.upstream}")
        self.store.delete(session_id)
        self._live.drop(session_id)

    def sessions(self, call: Call) -> list[SessionInfo]:
        """Those of the key that are open."""
        self._tidy()
        return [info(one) for one in self.store.all(_owner(call).key_id)]

    def session(self, call: Call, session_id: str) -> SessionInfo:
        """One that is open."""
        return info(self.store.found(session_id, _owner(call).key_id))

    def _tidy(self) -> None:
        for session_id in self.store.expired():
            self._live.drop(session_id)

    def _whom(self, call: Call, llm: LlmConfig | None, model: str | None, key: str = "") -> Whom:
        asked = wish(call.headers, llm, model)
        if key and not asked.key and llm is not None:
            asked = CallersWish(llm.provider, key, asked.name)
        return self.models.whom(asked, _owner(call), llm)

    def _once(self, call: Call, whom: Whom, ask: Callable[[CallInHand], CallOutcome], *, repeatable: bool) -> CallReply:
        """The answer to the call.

        What was asked and may have been paid for is asked again only where it is `repeatable`: nobody is paid, or whoever is knows it
        again by its key.
        """
        keyed = bool(call.operation_id)
        generation = 1
        if keyed:
            known = self._log.known(call.operation_id, _seal(call))
            if known is not None and known.state == "answered":
                return CallReply(json.decode(known.body), known.charged)
            if known is not None and not repeatable:
                raise outcome_unknown()
            generation = known.generation if known is not None else 1
        name = f"desk-{_digest(call.operation_id)[:40]}" if keyed else f"desk-{secrets.token_hex(20)}"
        if keyed and not repeatable:
            self._log.asking(call.operation_id)
        try:
            outcome = ask(CallInHand(call, whom, name, generation))
        except Aborted:
            raise
        except PaidInVainError as vain:
            with self._database.transaction() as connection:
                whole_cents_of(connection, whom.provider, vain.cost, charged=False)
            raise self._refusal(call, whom, vain.error, repeatable=repeatable) from vain
        except (CoastyDeskError, ApiError) as error:
            raise self._refusal(call, whom, error, repeatable=repeatable) from error
        if not keyed and not outcome.cost and outcome.write is None:
            return CallReply(outcome.body(0))
        with self._database.transaction(durable=keyed) as connection:
            cents = whole_cents_of(connection, whom.provider, outcome.cost)
            reply = outcome.body(cents)
            if outcome.write is not None:
                outcome.write(connection, cents)
            if keyed:
                answered(connection, call.operation_id, _seal(call), json.encode(reply), cents)
        return CallReply(reply, cents)

    def _refusal(self, call: Call, whom: Whom, error: Exception, *, repeatable: bool) -> Exception:
        """What is said of it; a question that certainly came to nothing may be asked again by the same key."""
        unknown = isinstance(error, CoastyDeskError) and is_unknown(error)
        if call.operation_id and not repeatable and not unknown:
            self._log.void(call.operation_id)
        if isinstance(error, CoastyDeskError):
            if whom.model.passes_on and isinstance(error, ServiceError) and error.code == "SESSION_NOT_FOUND":
                self.store.delete(call.path.get("session_id", ""))
            return as_api_error(error, whom, repeatable=repeatable, keyed=bool(call.operation_id))
        return error

    def _there(self, whom: Whom) -> Relay:
        with self._connecting:
            if self._relay is None:
                self._relay = whom.model.relay(whom.chosen, whom.environment)
            return self._relay

    def _bought(self, hand: CallInHand, path: str, document: dict[str, Any], lines: Sequence[CostLine]) -> Any:
        purchase = RelayedPurchase(path, document, hand.name, tuple(lines), hand.call.operation_id, hand.generation)
        return bought(self._there(hand.whom), hand.whom, purchase, hand.call.stop, self._log)

    def _predicted_there(
        self, hand: CallInHand, path: str, document: dict[str, Any], lines: Sequence[CostLine], space: Size
    ) -> ModelAnswer:
        relayed = self._bought(hand, path, document, lines)
        prediction = replace(predictions.decode(relayed.document), clamps=True)
        where = Size(*prediction.space) if prediction.space else space
        named = breakdown(relayed.document, relayed.cents, tuple(lines))
        return ModelAnswer(prediction, whole_frame(where), where, from_cents(relayed.cents), named)

    def _stepped_there(
        self, hand: CallInHand, stored: StoredSession, body: SessionPredictBody, shown: SentPicture
    ) -> ModelAnswer:
        options = stored.options
        prompt = len(options.system_prompt or "") + len(options.instructions or "")
        remembered = [shown.size] * min(stored.steps, options.max_trajectory_length)
        lines = price_list.lines(price_list.SESSION_PREDICT, [shown.size, *remembered], options.cua_version, prompt)
        instruction = (
            body.instruction if not body.instructions else f"{body.instruction}\n\n{body.instructions}"[:32_000]
        )
        document = {"screenshot": body.screenshot, "instruction": instruction}
        return self._predicted_there(hand, f"sessions/{stored.upstream}/predict", document, lines, stored.space)

    def _pointed_there(
        self, hand: CallInHand, document: dict[str, Any], lines: Sequence[CostLine], space: Size
    ) -> ModelAnswer:
        relayed = self._bought(hand, "ground", document, lines)
        try:
            fields = Fields.of(relayed.document, "the answer")
            point = given(fields.point(), "it has no place")
            width, height = (fields.whole(name, at_most=100_000) for name in ("screen_width", "screen_height"))
        except UnreadableError as error:
            message = f"The answer of the service makes no sense: {error}."
            raise ServiceError(message, "Try again in a while.") from error
        where = Size(width, height) if width and height else space
        click = Prediction(Verdict.CONTINUE, (Click(point),), usage=_tokens(relayed.document), clamps=True)
        named = breakdown(relayed.document, relayed.cents, tuple(lines))
        return ModelAnswer(click, whole_frame(where), where, from_cents(relayed.cents), named)

    def _told_there(self, call: Call, method: Any, path: str) -> None:
        whom = self.models.own
        if not whom.model.passes_on:
            return
        try:
            self._there(whom).tell(method, path, call.stop)
        except ServiceError as error:
            if error.status != 404:
                raise as_api_error(error, whom, repeatable=True, keyed=True) from error


def made_for(service: Service) -> Inference:
    """That of a service, which ends with it."""
    made = Inference(service.database, service.settings, service.environment)
    service.at_end(made.close)
    return made


def info(stored: StoredSession) -> SessionInfo:
    """A session as it is told."""
    return SessionInfo(
        stored.session_id,
        stored.options.cua_version,
        str(stored.space),
        session_store.time_of(stored.created_at),
        session_store.time_of(stored.expires_at),
        stored.steps,
        stored.credits,
        stored.options.metadata,
    )


def _stateless(
    hand: CallInHand, body: PredictBody, shown: SentPicture, earlier: Sequence[SentPicture], space: Size
) -> ModelAnswer:
    """By a conversation of its own: told what the trajectory says was done, or shown all of it."""
    notes = _notes(body.system_prompt, body.instructions, body.tools)
    question = ModelQuestion(len(earlier) + 1, body.instruction, shown, space, notes)
    remembers = hand.whom.model.remembers
    acted = [action for item in body.trajectory for action in _actions(item.actions)] if remembers else []
    conversation = OwnConversation(hand.whom, hand.name, hand.call.stop, acted)
    try:
        if not remembers:
            before = [replace(question, step=at + 1, picture=one) for at, one in enumerate(earlier)]
            counts = [
                sum(entry.action_type not in ("done", "fail") for entry in item.actions) for item in body.trajectory
            ]
            question = replace(question, outcomes=conversation.replay(before, counts))
        found = conversation.ask(question)
    finally:
        conversation.close()
    return ModelAnswer(found.prediction, found.request.frame, space, found.cost, None, body.max_actions, body.tools)


def _stepped(
    hand: CallInHand,
    live: LiveSession,
    stored: StoredSession,
    progress: SessionProgress,
    body: SessionPredictBody,
    shown: SentPicture,
) -> ModelAnswer:
    """By the session's own conversation, which is made anew where it is not there any more."""
    whom, options = hand.whom, stored.options
    if live.conversation is None or live.steps != stored.steps:
        if stored.steps and not whom.model.remembers:
            _end_of_session("How far it had come was kept in memory, and the service was started anew since.")
        live.let_go()
        acted = _actions(stored.progress.acted)
        # of a name of its own: after a reset its purchases are others than before
        live.conversation = OwnConversation(whom, f"{stored.session_id}-{secrets.token_hex(4)}", live.stop, acted)
        live.steps = stored.steps
    notes = _notes(options.system_prompt, body.instructions or options.instructions, options.tools)
    question = ModelQuestion(
        *(stored.steps + 1, progress.task, shown, stored.space, notes, progress.said, live.outcomes)
    )
    with live.asked_by(hand.call.stop):
        found = live.conversation.ask(question)
    return ModelAnswer(
        found.prediction, found.request.frame, stored.space, found.cost, None, USUAL_ACTIONS, options.tools
    )


def _said(
    body: PredictBody | SessionPredictBody, version: Any, answer: ModelAnswer, made: ToldActions, cents: int
) -> dict[str, Any]:
    """The fields of a reply to a predict."""
    return {
        "actions": made.entries if body.include_raw_code else made.entries_without_code(),
        "status": made.status,
        "usage": _usage(answer, cents),
        "cua_version": version,
        "screen_width": answer.space.width,
        "screen_height": answer.space.height,
        "reasoning": made.reasoning if body.include_reasoning else UNSET,
        "raw_code": made.raw_code if body.include_raw_code else UNSET,
    }


def _usage(answer: ModelAnswer, cents: int) -> UsageReport:
    tokens = answer.prediction.usage
    return UsageReport(
        tokens.input_tokens,
        tokens.output_tokens,
        cents,
        cents,
        answer.lines if cents else None,
        billed=answer.cost > 0,
        cost_microdollars=answer.cost,
    )


def _place(answer: ModelAnswer) -> tuple[float, float]:
    """Of the click that an answer to `ground` is."""
    click = next(action for action in answer.prediction.actions if isinstance(action, Click))
    real = answer.frame.place(click, answer.prediction.space).real
    assert isinstance(real, Click)  # noqa: S101 - a click stays one when it is placed
    assert real.point is not None  # noqa: S101 - and keeps its point
    return real.point.x, real.point.y


def _notes(system_prompt: str | None, instructions: str | None, tools: Sequence[str] | None) -> tuple[str, ...]:
    """What a caller wants besides the task, in words: none of our models has a prompt that could be replaced by another's."""
    only = f"Do nothing but these: {', '.join(tools)}." if tools else ""
    return tuple(note for note in (system_prompt, instructions, only) if note)


def _actions(entries: Sequence[ActionEntry]) -> list[Action]:
    """What was done, as far as it can be read."""
    found: list[Action] = []
    for entry in entries:
        try:
            found.append(action_json.recall({"action_type": entry.action_type, "params": entry.params}))
        except (UnreadableError, UnknownKey):
            continue
    return found


def _upstream_id(document: object) -> str:
    try:
        found = Fields.of(document, "the answer").text("session_id", at_most=128)
    except UnreadableError:
        found = None
    if not found or not found.replace("-", "").replace("_", "").isalnum() or not found.isascii():
        message = "The service opened a session and did not say which."
        raise ServiceError(message, "Try again; if it happens again, check COASTY_BASE_URL.")
    return found


def _tokens(document: object) -> Usage:
    return predictions.decode(
        {"status": "continue", "usage": document.get("usage") if isinstance(document, dict) else None}
    ).usage


def _free() -> ModelAnswer:
    return ModelAnswer(Prediction(Verdict.CONTINUE), whole_frame(Size(1, 1)), Size(1, 1), 0)


def _end_of_session(why: str) -> NoReturn:
    message = f"The session cannot go on. {why}"
    raise ApiError("SESSION_NOT_FOUND", message)


def _demand_unique(tools: Sequence[str] | None) -> None:
    if tools is not None and len(set(tools)) < len(tools):
        raise refused(["body", "tools"], "a tool is named twice")


def _owner(call: Call) -> ServiceKey:
    assert call.key is not None  # noqa: S101 - every operation here wants a key
    return call.key


def _seal(call: Call) -> Any:
    seal = _owner(call).seal
    assert seal is not None  # noqa: S101 - who was let in has one
    return seal


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

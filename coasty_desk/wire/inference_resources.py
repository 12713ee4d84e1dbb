"""The inference resources of `/v1` (API.md §2), each once: what is checked of a request, what is answered, and their JSON schemas.

A request's fields are those of the published API and what existing clients send besides (API.md §18). What is checked by the
handlers, with a code of its own, stands here in the schema alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias, get_args

from msgspec import UNSET, Meta, Struct, UnsetType

MAX_PICTURE = 10_485_760
"""Characters of a screenshot in base64."""

MAX_METADATA = 16_384
"""Bytes of a session's metadata, as JSON."""

PICTURES = MAX_PICTURE + 1_000_000
"""Bytes of a body with one screenshot."""

TRAJECTORY = 6 * MAX_PICTURE + 1_000_000
"""Bytes of a body with a trajectory: what is larger than six of the largest screenshots in all is refused."""

CuaVersion: TypeAlias = Literal["v1", "v3", "v4", "v5"]
Tool: TypeAlias = Literal["click", "type_text", "key_press", "key_combo", "scroll", "drag", "move", "wait"]
ActionType: TypeAlias = Literal[
    "click", "type_text", "key_press", "key_combo", "scroll", "drag", "move", "wait", "done", "fail"
]
Status: TypeAlias = Literal["continue", "done", "fail"]
ACTION_TYPES: tuple[ActionType, ...] = get_args(ActionType)
LLM_PROVIDERS = ("anthropic", "openai")
"""Whose keys a caller may bring."""

Picture: TypeAlias = Annotated[
    str,
    Meta(
        description="Base64 of a PNG or JPEG, without a data: prefix and white space.",
        extra_json_schema={"minLength": 100, "maxLength": MAX_PICTURE, "pattern": "^[A-Za-z0-9+/=]+$"},
    ),
]
Instruction: TypeAlias = Annotated[str, Meta(min_length=1, max_length=32_000)]
Prompt: TypeAlias = Annotated[str, Meta(max_length=16_000)]
ModelName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=512)]
Width: TypeAlias = Annotated[
    int, Meta(ge=320, le=3840, description="In pixels; where it is left out, the picture's own.")
]
Height: TypeAlias = Annotated[
    int, Meta(ge=240, le=2160, description="In pixels; where it is left out, the picture's own.")
]
Tools: TypeAlias = Annotated[list[Tool], Meta(min_length=1, max_length=8, extra_json_schema={"uniqueItems": True})]


class LlmConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose model is to answer, with the caller's own key; `managed` is the service's."""

    provider: Annotated[str, Meta(extra_json_schema={"enum": ["managed", *LLM_PROVIDERS]})] = "managed"
    model: ModelName | None = None
    grounding_model: ModelName | None = None
    compaction_model: ModelName | None = None
    code_agent_model: ModelName | None = None


class ActionEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """An action in the canonical shape (API.md §3)."""

    action_type: ActionType
    params: dict[str, Any] = {}
    description: str | UnsetType = UNSET
    raw_code: str | UnsetType = UNSET


class TrajectoryItem(Struct, frozen=True, forbid_unknown_fields=True):
    """An earlier step: its screenshot, and what was answered to it."""

    screenshot: Picture
    actions: Annotated[list[ActionEntry], Meta(max_length=10)] = []
    reasoning: Annotated[str, Meta(max_length=16_000)] = ""


class PredictBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What to do next on this screenshot, of which nothing is kept."""

    screenshot: Picture
    instruction: Instruction
    cua_version: CuaVersion = "v3"
    screen_width: Width | None = None
    screen_height: Height | None = None
    max_actions: Annotated[int, Meta(ge=1, le=10)] = 5
    trajectory: Annotated[list[TrajectoryItem], Meta(max_length=20)] = []
    system_prompt: Prompt | None = None
    instructions: Prompt | None = None
    tools: Tools | None = None
    include_reasoning: bool = True
    include_raw_code: bool = True
    model: ModelName | None = None
    llm: LlmConfig | None = None


class SessionBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A session: the service keeps what came before."""

    cua_version: CuaVersion = "v3"
    screen_width: Annotated[int, Meta(ge=320, le=3840)] = 1920
    screen_height: Annotated[int, Meta(ge=240, le=2160)] = 1080
    max_trajectory_length: Annotated[int, Meta(ge=1, le=20)] = 3
    system_prompt: Prompt | None = None
    instructions: Prompt | None = None
    tools: Tools | None = None
    metadata: Annotated[dict[str, Any], Meta(max_length=32)] | None = None
    model: ModelName | None = None
    llm: LlmConfig | None = None


class SessionPredictBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What to do next on this screenshot; `instructions` go before those of the session."""

    screenshot: Picture
    instruction: Instruction
    include_reasoning: bool = True
    include_raw_code: bool = True
    instructions: Prompt | None = None


class GroundBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Where is it? `description` is what some clients call the element."""

    screenshot: Picture
    element: Instruction | None = None
    screen_width: Width | None = None
    screen_height: Height | None = None
    description: Instruction | None = None


class ParseBody(Struct, frozen=True, forbid_unknown_fields=True):
    """pyautogui source."""

    code: Annotated[str, Meta(min_length=1, max_length=50_000)]


class OcrBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A screenshot that is to be read."""

    screenshot: Picture


class LlmKeyBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A key of the caller's own at a vendor's."""

    api_key: Annotated[str, Meta(min_length=16, max_length=512, pattern="^[!-~]{16,512}$")]

    def __repr__(self) -> str:
        """Without the key."""
        return "LlmKeyBody(…)"


class CostLine(Struct, frozen=True):
    """A part of what a call cost."""

    item: Literal["base", "trajectory", "hd_images", "engine", "custom_prompt"]
    credits: int
    count: int | UnsetType = UNSET


class UsageReport(Struct, frozen=True):
    """What a call cost: whole cents, as they were charged; `cost_microdollars` is what the provider's answer came to, to the part of a cent.

    `breakdown` adds up to `credits_charged`; None where nothing was charged, or the provider does not say.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    credits_charged: int = 0
    cost_cents: int = 0
    breakdown: list[CostLine] | None = None
    billed: bool = False
    cost_microdollars: int = 0


class PredictReply(Struct, frozen=True):
    """What to do next, in order, in pixels of `screen_width` x `screen_height`."""

    actions: list[ActionEntry]
    status: Status
    usage: UsageReport
    cua_version: str
    screen_width: int
    screen_height: int
    reasoning: str | UnsetType = UNSET
    raw_code: list[str] | UnsetType = UNSET
    request_id: str = ""


class SessionPredictReply(PredictReply, frozen=True, kw_only=True):
    """The same, as the session's `step`, counted from 1 and after a reset from 1 again."""

    session_id: str
    step: int


class SessionInfo(Struct, frozen=True):
    """A session that is open."""

    session_id: str
    cua_version: str
    screen_size: Annotated[str, Meta(pattern=r"^\d+x\d+$")]
    created_at: datetime
    expires_at: datetime
    step_count: int = 0
    total_credits_used: int = 0
    metadata: dict[str, Any] | None = None


class SessionReply(SessionInfo, frozen=True, kw_only=True):
    """A session that was opened."""

    usage: UsageReport
    request_id: str = ""


class SessionList(Struct, frozen=True):
    """The sessions that are open, the newest first."""

    sessions: list[SessionInfo]


class SessionChanged(Struct, frozen=True):
    """A session was reset or deleted."""

    session_id: str
    status: Literal["ok"] = "ok"


class GroundReply(Struct, frozen=True):
    """Where it is, in pixels of `screen_width` x `screen_height`."""

    x: int
    y: int
    screen_width: int
    screen_height: int
    usage: UsageReport
    request_id: str = ""


class ParseReply(Struct, frozen=True):
    """The actions of the source, in order; drags have both spellings of their ends."""

    actions: list[ActionEntry]


class ModelEntry(Struct, frozen=True):
    """A model that answers here."""

    id: str
    description: str


class VersionEntry(Struct, frozen=True):
    """A version of the engine."""

    id: str
    description: str
    avg_step_time: str
    features: list[str]
    latest: bool = False


class ModelsReply(Struct, frozen=True):
    """Who answers here, and what may be answered. `charged`: a call costs what the published API takes for it, whatever the key looks like."""

    models: list[ModelEntry]
    cua_versions: list[VersionEntry]
    action_types: list[ActionType]
    charged: bool = False


class OcrText(Struct, frozen=True):
    """A text and where it stands, in the picture's pixels; `confidence` from 0 to 1."""

    text: str
    x: int
    y: int
    width: int
    height: int
    confidence: float


class OcrReply(Struct, frozen=True):
    """All that was read, as one text and line by line, from top to bottom."""

    text: str
    lines: list[OcrText]
    screen_width: int
    screen_height: int
    usage: UsageReport
    request_id: str = ""


class LlmKeyStored(Struct, frozen=True):
    """A key was stored; it is never given out again."""

    provider: Literal["anthropic", "openai"]
    key_fingerprint: str
    stored: Literal[True] = True


class LlmKeyEntry(Struct, frozen=True):
    """A stored key, without the key."""

    provider: Literal["anthropic", "openai"]
    key_fingerprint: str
    created_at: datetime | None
    updated_at: datetime | None


class LlmKeyList(Struct, frozen=True):
    """Those that are stored."""

    keys: list[LlmKeyEntry]


class LlmKeyDeleted(Struct, frozen=True):
    """A stored key was deleted."""

    deleted: Literal[True] = True


class PriceList(Struct, frozen=True):
    """Credits (cents) a call, before what the provider's own answer says."""

    pricing: dict[str, Any]
    request_id: str = ""

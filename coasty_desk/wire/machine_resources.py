"""Machines as `/v1` has them (API.md §13): what is sent and what is answered, each defined once."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

CPU_CORES, MEMORY_GB, STORAGE_GB = 1, 2, 10
"""What programs expect to be told where nothing was asked for; `notes` say what limits there are."""

SHORTEST_TTL = 5

TtlMinutes = Annotated[int, Meta(ge=SHORTEST_TTL, le=10_080)]
TimeoutMs = Annotated[int, Meta(ge=1000, le=120_000)]

CommandName = Literal[
    "screenshot",
    "click",
    "double_click",
    "click_with_modifiers",
    "type",
    "key_press",
    "key_combo",
    "scroll",
    "drag",
    "list_windows",
    "switch_to_window",
    "close_window",
    "minimize_window",
    "maximize_window",
    "restore_window",
    "arrange_windows",
    "move_window",
    "browser_open",
    "browser_navigate",
    "browser_click",
    "browser_type",
    "browser_get_dom",
    "browser_get_clickables",
    "browser_state",
    "browser_info",
    "browser_scroll",
    "browser_close",
    "browser_screenshot",
    "browser_wait",
    "browser_list_tabs",
    "browser_open_tab",
    "browser_close_tab",
    "browser_switch_tab",
    "browser_execute",
    "terminal_connect",
    "terminal_execute",
    "terminal_read",
    "terminal_clear",
    "terminal_close",
    "file_read",
    "file_exists",
    "directory_list",
    "file_download",
    "file_list_downloads",
    "file_write",
    "file_edit",
    "file_append",
    "file_delete",
    "directory_delete",
    "type_text",
    "move",
    "wait",
]
"""The 49 of API.md §13.3, and what programs send besides (§18, row 2)."""

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""ISO 8601, in UTC."""

SnapshotName = Annotated[str, Meta(min_length=1, max_length=128)]


class ProvisionRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A machine to be made. `restore_from_snapshot` takes the newest snapshot of that name, else the newest; `snapshot_id` that one."""

    display_name: Annotated[str, Meta(min_length=1, max_length=64)]
    os_type: Literal["linux", "windows"] = "linux"
    desktop_enabled: bool = False
    cpu_cores: Annotated[int, Meta(ge=1, le=16)] | None = None
    memory_gb: Annotated[int, Meta(ge=1, le=64)] | None = None
    storage_gb: Annotated[int, Meta(ge=8, le=500)] | None = None
    restore_from_snapshot: bool | None = False
    snapshot_id: SnapshotName | None = None
    ttl_minutes: TtlMinutes | None = None
    metadata: Annotated[
        dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=256)]], Meta(max_length=16)
    ] = {}
    provider: Annotated[str, Meta(max_length=64)] | None = None


class UpdateMachineRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """When it is to be terminated, from now on; 0: never by itself."""

    ttl_minutes: Annotated[int, Meta(ge=0, le=10_080)]


class NothingRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing is to be said."""


class ActionRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A command, with its parameters (`coasty-desk help machines-commands`)."""

    command: CommandName
    parameters: dict[str, Any] = {}
    timeout_ms: TimeoutMs | None = None


class BatchActionRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Commands, one after the other."""

    steps: Annotated[list[ActionRequest], Meta(min_length=1, max_length=50)]
    stop_on_error: bool = True


class BrowserOpRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The parameters of a browser's operation."""

    parameters: dict[str, Any] = {}
    timeout_ms: TimeoutMs | None = None


class TerminalRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A command line for a shell that goes on from one to the next, by its `session_id`."""

    command: Annotated[str, Meta(min_length=1, max_length=8192)]
    timeout_ms: TimeoutMs = 30_000
    session_id: Annotated[str, Meta(max_length=128)] | None = None
    cwd: Annotated[str, Meta(max_length=512)] | None = None


class FilesOpRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The parameters of a file's operation."""

    parameters: dict[str, Any] = {}


class MachineListQuery(Struct, frozen=True):
    """How many at most."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class ScreenshotQuery(Struct, frozen=True):
    """How the picture is encoded: JPEG, unless PNG is asked for here or by `Accept`."""

    format: Literal["jpeg", "png"] | None = None


class MachineBilling(Struct, frozen=True):
    """What it costs: nothing, since it is this computer's own."""

    billed_to: Literal["api_wallet"] = "api_wallet"
    running_credits_per_hour: int = 0
    stopped_credits_per_hour: int = 0
    accrued_cents: int = 0
    projected_daily_cents: int = 0
    since: Moment | None = None
    total_credits_billed: int = 0
    suspended_for_billing: bool = False
    auto_destroy_at: Moment | None = None
    ttl_minutes: int | None = None


class MachineResource(Struct, frozen=True, kw_only=True):
    """A machine. `reason` says why it is in its state, where there is anything to say, `notes` what walls and limits it has and which it lacks.

    `host_id` and `host_name` say which of many hosts has it (`serve --join`).
    """

    id: str
    display_name: str
    status: Literal[
        "creating",
        "provisioning",
        "starting",
        "running",
        "stopping",
        "stopped",
        "restarting",
        "suspended",
        "deleting",
        "terminated",
        "error",
    ]
    os_type: Literal["linux", "windows"] = "linux"
    desktop_enabled: bool = True
    cpu_cores: int = CPU_CORES
    memory_gb: float = MEMORY_GB
    storage_gb: int = STORAGE_GB
    public_ip: str | None = None
    is_test: bool = True
    created_at: Moment | None = None
    started_at: Moment | None = None
    auto_destroy_at: Moment | None = None
    ttl_minutes: int | None = None
    metadata: dict[str, str] = {}
    billing: MachineBilling = MachineBilling()
    kind: Literal["desktop", "virtual"] = "virtual"
    alias: str | None = None
    host_id: str | None = None
    host_name: str | None = None
    reason: str | None = None
    notes: list[str] = []
    screen_width: int | None = None
    screen_height: int | None = None


class MachineShown(MachineResource, frozen=True, kw_only=True):
    """A machine, wrapped and bare: programs read either."""

    machine: MachineResource
    request_id: str = ""


class RedactedConnection(Struct, frozen=True):
    """How it is reached: by this service alone."""

    public_ip: str | None = None
    ssh_port: int | None = None
    ssh_username: str | None = None
    vnc_port: int | None = None
    websocket_port: int | None = None
    has_ssh_key: bool = False
    has_vnc_password: bool = False


class MachineMade(MachineShown, frozen=True, kw_only=True):
    """A machine that was made."""

    connection: RedactedConnection = RedactedConnection()


class ListMachinesResponse(Struct, frozen=True):
    """The machines, this desktop first, then the newest."""

    data: list[MachineResource]
    has_more: bool = False
    request_id: str = ""


class UpdateMachineResponse(Struct, frozen=True):
    """When it is terminated."""

    machine_id: str
    ttl_minutes: int | None
    auto_destroy_at: Moment | None
    request_id: str = ""


class LifecycleResponse(Struct, frozen=True):
    """In which state it is now."""

    machine_id: str
    status: str
    message: str
    request_id: str = ""


class SnapshotResponse(Struct, frozen=True):
    """A snapshot of its home; what its programs had in memory is not in it."""

    machine_id: str
    snapshot_id: str
    name: str
    created_at: Moment
    credits_charged: int
    message: str
    request_id: str = ""


class MachinePricingResponse(Struct, frozen=True):
    """What machines cost: nothing."""

    pricing: dict[str, Any]
    request_id: str = ""


class ScreenshotResponse(Struct, frozen=True):
    """Its screen; the picture is base64, without a prefix."""

    machine_id: str
    image_b64: bytes
    mime_type: str
    width: int
    height: int
    captured_at: Moment
    request_id: str = ""


class ConnectionDetails(Struct, frozen=True):
    """How it is reached: by this service alone, so there is nothing secret in it."""

    machine_id: str
    public_ip: str | None = None
    ssh_port: int | None = None
    ssh_username: str | None = None
    ssh_private_key_pem: str | None = None
    vnc_port: int | None = None
    vnc_password: str | None = None
    websocket_port: int | None = None
    websocket_url: str | None = None
    devtools_url: str | None = None
    vnc_url: str | None = None
    screen_width: int | None = None
    screen_height: int | None = None
    request_id: str = ""


class ActionResultResponse(Struct, frozen=True):
    """What came of a command; one that failed has `success` false, and its `error` says why."""

    machine_id: str
    command: str
    success: bool
    duration_ms: int
    result: dict[str, Any] | None = None
    error: str | None = None
    screenshot: str | None = None
    request_id: str = ""


class BatchActionResponse(Struct, frozen=True):
    """What came of each that was tried."""

    machine_id: str
    results: list[ActionResultResponse]
    completed_count: int
    failed_count: int
    aborted: bool
    request_id: str = ""

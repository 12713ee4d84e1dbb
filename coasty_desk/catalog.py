"""Who can be asked and what can be driven, by name: adding one is a room and a line here, or an entry put in from outside.

A module is loaded when its name is asked for (`coasty_desk.lifetimes`). That of a model has a `Model` as `MODEL`, that of a
target a `TargetKind` as `TARGET`.
"""

from __future__ import annotations

MODELS = {
    "coasty": "coasty_desk.models.coasty_model",
    "offline": "coasty_desk.models.offline_model",
    "anthropic": "coasty_desk.models.anthropic_model",
    "openai": "coasty_desk.models.openai_model",
    "gemini": "coasty_desk.models.gemini_model",
    "chat": "coasty_desk.models.chat_model",
    "script": "coasty_desk.models.script_model",
}

MACHINE = "machine"
"""The target that knows the screens which have names of their own."""

TARGETS = {
    "desktop": "coasty_desk.desktop.desktop_target",
    "virtual": "coasty_desk.screens.virtual.virtual_target",
    MACHINE: "coasty_desk.screens.machine.machine_target",
}

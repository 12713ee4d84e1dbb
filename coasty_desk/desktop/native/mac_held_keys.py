"""What is down on macOS, and letting go of it."""

from __future__ import annotations

from coasty_desk.desktop.base.pressed import BUTTONS, Down


def down() -> tuple[Down, ...]:
    """What is down now, whoever holds it."""
    import Quartz

    state = Quartz.kCGEventSourceStateCombinedSessionState
    keys = [code for code in range(128) if Quartz.CGEventSourceKeyState(state, code)]
    buttons = {0: 1, 2: 2, 1: 3}
    held = [ours for theirs, ours in buttons.items() if Quartz.CGEventSourceButtonState(state, theirs)]
    return tuple(Down(code, f"key {code}") for code in keys) + tuple(Down(n, BUTTONS[n], button=True) for n in held)


def release_one(one: Down) -> None:
    """Let go of it."""
    import Quartz

    if not one.button:
        event = Quartz.CGEventCreateKeyboardEvent(None, one.code, False)  # noqa: FBT003 - Quartz takes no names
    else:
        at = Quartz.CGEventGetLocation(Quartz.CGEventCreate(None))
        kind, button = {
            1: (Quartz.kCGEventLeftMouseUp, Quartz.kCGMouseButtonLeft),
            2: (Quartz.kCGEventOtherMouseUp, Quartz.kCGMouseButtonCenter),
            3: (Quartz.kCGEventRightMouseUp, Quartz.kCGMouseButtonRight),
        }[one.code]
        event = Quartz.CGEventCreateMouseEvent(None, kind, at, button)
    Quartz.CGEventPost(Quartz.kCGHIDEventTap, event)

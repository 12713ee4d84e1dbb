"""A window over the whole display that says in JSON lines which input reached it, in root pixels."""

import json
import sys
from typing import Any

from Xlib import X, display

KINDS = {
    X.ButtonPress: "press",
    X.ButtonRelease: "release",
    X.KeyPress: "key_down",
    X.KeyRelease: "key_up",
    X.MotionNotify: "motion",
}


def say(**what: Any) -> None:
    """One line for whoever started us."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Cover the display, take the focus, tell of every event."""
    server = display.Display()
    screen = server.screen()
    mask = X.ButtonPressMask | X.ButtonReleaseMask | X.KeyPressMask | X.KeyReleaseMask | X.PointerMotionMask
    window = screen.root.create_window(
        0, 0, screen.width_in_pixels, screen.height_in_pixels, 0, screen.root_depth,
        background_pixel=0x336699, override_redirect=True, event_mask=mask,
    )  # fmt: skip
    window.set_wm_name("Recorder")
    window.map()
    window.set_input_focus(X.RevertToParent, X.CurrentTime)
    server.sync()
    say(ready=True)
    while True:
        event = server.next_event()
        if event.type == X.MappingNotify:
            server.refresh_keyboard_mapping(event)
        elif event.type in KINDS:
            keysym = server.keycode_to_keysym(event.detail, 0) if event.type in (X.KeyPress, X.KeyRelease) else 0
            say(
                event=KINDS[event.type],
                x=event.root_x,
                y=event.root_y,
                detail=event.detail,
                state=event.state,
                keysym=keysym,
                time=event.time,
            )


main()

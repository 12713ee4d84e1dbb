"""A GTK window that says in JSON lines what is in it. Modes: `text` (a text area), `scale` (a slider), `open` (a list of files)."""

import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402


def say(**what: Any) -> None:
    """One line for whoever started us."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


mode = sys.argv[1]
empty: Callable[[], object]
window = Gtk.Window(title=f"coasty-desk {mode}")
window.set_default_size(800, 600)
window.move(0, 0)
if mode == "text":
    widget = Gtk.TextView()
    buffer = widget.get_buffer()
    commands = {
        "text": lambda: say(
            text=buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), include_hidden_chars=True)
        ),
    }
    empty = lambda: buffer.set_text("")  # noqa: E731 - the other mode has another
    window.add(widget)
elif mode == "open":
    widget = Gtk.FileChooserWidget(action=Gtk.FileChooserAction.OPEN)
    window.add(widget)
    commands = {"chosen": lambda: say(chosen=widget.get_filename())}
    empty = widget.unselect_all
else:
    widget = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0, 100, 1)
    widget.set_valign(Gtk.Align.START)
    window.add(widget)

    def where() -> None:
        """The slider's value and where its knob is on the screen."""
        start, end = widget.get_slider_range()
        _, x, y = window.get_window().get_origin()
        box = widget.get_allocation()
        rect = widget.get_range_rect()
        say(
            value=widget.get_value(),
            knob=[x + box.x + (start + end) // 2, y + box.y + rect.y + rect.height // 2],
            trough=[x + box.x + rect.x, x + box.x + rect.x + rect.width],
        )

    commands = {"where": where}
    empty = lambda: widget.set_value(0)  # noqa: E731
window.connect("key-press-event", lambda _, e: say(event="key", keyval=e.keyval, state=int(e.state)))
window.show_all()
window.present()
widget.grab_focus()


def listen() -> None:
    """Read commands until the input ends."""
    for line in sys.stdin:
        GLib.idle_add(obey, line.strip())
    os._exit(0)


def clear() -> None:
    """Empty it, or set it to nought."""
    empty()
    say(cleared=True)


def obey(command: str) -> bool:
    """Answer one command, once."""
    (commands | {"clear": clear})[command]()
    return False


threading.Thread(target=listen, daemon=True).start()
GLib.timeout_add(300, lambda: say(ready=True))
Gtk.main()

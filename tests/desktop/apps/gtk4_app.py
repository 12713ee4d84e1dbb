"""A GTK 4 window with a text area that says in JSON lines what is in it."""

import json
import os
import sys
import threading
from typing import Any

import gi

gi.require_version("Gtk", "4.0")
from gi.repository import GLib, Gtk  # noqa: E402


def say(**what: Any) -> None:
    """One line for whoever started us."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


area = Gtk.TextView()
buffer = area.get_buffer()


def opened(application: Any) -> None:
    """Show the window, and take commands once it is there."""
    window = Gtk.ApplicationWindow(application=application, title="coasty-desk text")
    window.set_default_size(800, 600)
    window.set_child(area)
    window.present()
    area.grab_focus()
    threading.Thread(target=listen, daemon=True).start()
    GLib.timeout_add(500, lambda: say(ready=True))


def listen() -> None:
    """Read commands until the input ends."""
    for line in sys.stdin:
        GLib.idle_add(obey, line.strip())
    os._exit(0)


def obey(command: str) -> bool:
    """Answer one command, once."""
    if command == "clear":
        buffer.set_text("")
        say(cleared=True)
    else:
        say(text=buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), include_hidden_chars=True))
    return False


application = Gtk.Application()
application.connect("activate", opened)
application.run()

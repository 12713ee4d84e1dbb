"""A window that opens a menu, a tooltip or a dialog when it is told to, and says where: with Tk, GTK 3 or Qt.

Arguments: the toolkit, the title, the place. Commands: `menu`, `tooltip`, `dialog`, `text`, `close`.
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any


def say(**what: Any) -> None:
    """One line for whoever started us."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def listen(commands: dict[str, Callable[[], None]], later: Callable[[Callable[[], None]], None]) -> None:
    """Carry out commands in the toolkit's own thread until the input ends."""

    def read() -> None:
        for line in sys.stdin:
            later(commands[line.strip()])
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()


def with_tk(title: str, left: int, top: int) -> None:
    """Nothing that it pops up says whose it is: no WM_TRANSIENT_FOR."""
    import tkinter as tk

    root = tk.Tk()
    root.title(title)
    root.geometry(f"300x200+{left}+{top}")
    area = tk.Text(root, width=20, height=4)
    area.pack()
    area.focus_force()
    clicks = tk.IntVar()
    menu = tk.Menu(root, tearoff=False)
    for name in ("pay everything", "pay twice", "pay all"):
        menu.add_command(label=name, command=lambda: say(event="chosen"))
    tip = tk.Toplevel(root)
    tip.overrideredirect(boolean=True)
    tk.Label(tip, text="a hint that can be clicked", background="yellow").pack()
    tip.withdraw()
    tip.bind("<Button-1>", lambda _event: say(event="chosen"))

    def place(window: tk.Misc) -> None:
        say(where=[window.winfo_rootx(), window.winfo_rooty(), window.winfo_width(), window.winfo_height()])

    def show_menu() -> None:
        menu.post(root.winfo_rootx() + 150, root.winfo_rooty() + 120)
        root.update()
        root.after(300, lambda: place(menu))

    def show_tip() -> None:
        tip.geometry(f"+{root.winfo_rootx() + 40}+{root.winfo_rooty() + 150}")
        tip.deiconify()
        tip.lift()
        root.after(300, lambda: place(tip))

    def show_dialog() -> None:
        dialog = tk.Toplevel(root)
        dialog.title("Are you sure?")
        dialog.geometry("160x80")
        dialog.transient(root)
        dialog.bind("<Return>", lambda _event: dialog.destroy())
        dialog.focus_force()
        dialog.after(700, lambda: place(dialog))

    def clear() -> None:
        area.delete("1.0", "end")
        say(cleared=True)

    def close() -> None:
        menu.unpost()
        tip.withdraw()
        say(closed=True)

    commands = {
        "menu": show_menu,
        "tooltip": show_tip,
        "dialog": show_dialog,
        "close": close,
        "text": lambda: say(text=area.get("1.0", "end-1c")),
        "clear": clear,
    }
    area.bind("<Button-1>", lambda _event: clicks.set(clicks.get() + 1))

    def later(command: Callable[[], None]) -> None:
        root.after(0, command)

    listen(commands, later)
    root.after(500, lambda: say(ready=True))
    root.mainloop()


def with_gtk(title: str, left: int, top: int) -> None:
    """Its menus have the program's name for a title, and say whose they are."""
    import gi

    gi.require_version("Gtk", "3.0")
    gi.require_version("Gdk", "3.0")
    from gi.repository import GLib, Gtk

    window = Gtk.Window(title=title)
    window.set_default_size(300, 200)
    view = Gtk.TextView()
    window.add(view)
    menu = Gtk.Menu()
    for name in ("pay everything", "pay twice", "pay all"):
        menu.append(Gtk.MenuItem(label=name))
    menu.show_all()
    tip = Gtk.Window(type=Gtk.WindowType.POPUP)
    tip.add(Gtk.Label(label="a hint that can be clicked"))
    tip.set_transient_for(window)

    def place(widget: Any) -> bool:
        drawn = widget.get_window()
        _, x, y = drawn.get_origin()
        say(where=[x, y, drawn.get_width(), drawn.get_height()])
        return False

    def show_menu() -> None:
        rectangle = gi.repository.Gdk.Rectangle()
        rectangle.x, rectangle.y, rectangle.width, rectangle.height = 100, 100, 1, 1
        south, north = gi.repository.Gdk.Gravity.SOUTH_EAST, gi.repository.Gdk.Gravity.NORTH_WEST
        menu.popup_at_rect(window.get_window(), rectangle, south, north, None)
        GLib.timeout_add(500, place, menu)

    def show_tip() -> None:
        _, x, y = window.get_window().get_origin()
        tip.move(x + 40, y + 150)
        tip.show_all()
        GLib.timeout_add(500, place, tip)

    def show_dialog() -> None:
        dialog = Gtk.Dialog(title="Are you sure?", transient_for=window)
        dialog.set_default_size(160, 80)
        dialog.show_all()
        GLib.timeout_add(700, place, dialog)

    def close() -> None:
        menu.popdown()
        tip.hide()
        say(closed=True)

    def text() -> None:
        buffer = view.get_buffer()
        say(text=buffer.get_text(*buffer.get_bounds(), include_hidden_chars=False))

    commands = {"menu": show_menu, "tooltip": show_tip, "dialog": show_dialog, "close": close, "text": text}

    def once(command: Callable[[], None]) -> bool:
        command()
        return False

    listen(commands, lambda command: GLib.idle_add(once, command))
    window.move(left, top)
    window.show_all()
    window.present()
    GLib.timeout_add(700, once, lambda: say(ready=True))
    Gtk.main()


def with_qt(title: str, left: int, top: int) -> None:
    """Its popups say whose they are where they were given a parent."""
    from PyQt5 import QtCore, QtWidgets

    application = QtWidgets.QApplication([])
    window = QtWidgets.QMainWindow()
    window.setWindowTitle(title)
    window.resize(300, 200)
    window.move(left, top)
    area = QtWidgets.QPlainTextEdit()
    window.setCentralWidget(area)
    menu = QtWidgets.QMenu(window)
    for name in ("pay everything", "pay twice", "pay all"):
        menu.addAction(name)
    tip = QtWidgets.QLabel("a hint that can be clicked", None, QtCore.Qt.ToolTip)

    class Bridge(QtCore.QObject):  # type: ignore[misc]  # the bindings are untyped
        called = QtCore.pyqtSignal(object)

    bridge = Bridge()
    bridge.called.connect(lambda command: command())

    def place(widget: Any) -> None:
        corner = widget.mapToGlobal(QtCore.QPoint(0, 0))
        say(where=[corner.x(), corner.y(), widget.width(), widget.height()])

    def show_menu() -> None:
        menu.popup(window.mapToGlobal(QtCore.QPoint(100, 100)))
        QtCore.QTimer.singleShot(400, lambda: place(menu))

    def show_tip() -> None:
        tip.move(window.mapToGlobal(QtCore.QPoint(40, 150)))
        tip.show()
        QtCore.QTimer.singleShot(400, lambda: place(tip))

    def show_dialog() -> None:
        dialog = QtWidgets.QDialog(window)
        dialog.setWindowTitle("Are you sure?")
        dialog.resize(160, 80)
        dialog.show()
        QtCore.QTimer.singleShot(700, lambda: place(dialog))

    def close() -> None:
        menu.close()
        tip.hide()
        say(closed=True)

    commands = {
        "menu": show_menu,
        "tooltip": show_tip,
        "dialog": show_dialog,
        "close": close,
        "text": lambda: say(text=area.toPlainText()),
    }
    listen(commands, bridge.called.emit)
    window.show()
    area.setFocus()
    QtCore.QTimer.singleShot(600, lambda: say(ready=True))
    application.exec_()


if __name__ == "__main__":
    {"tk": with_tk, "gtk": with_gtk, "qt": with_qt}[sys.argv[1]](sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))

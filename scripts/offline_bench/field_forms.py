"""A window with four fields, of GTK 3, Qt 5 or Tk, that writes what they hold into a file at every change.

field_forms.py gtk|qt|tk left|above FILE NAME NAME NAME NAME VALUE VALUE VALUE VALUE
"""

import json
import sys
from pathlib import Path

kit, layout, path, *words = sys.argv[1:]
names, values = words[:4], words[4:]
state = dict(zip(("f0", "f1", "f2", "f3"), values, strict=True))


def keep(key: str, value: str) -> None:
    state[key] = value
    Path(path).write_text(json.dumps(state), "utf-8")


for key, value in list(state.items()):
    keep(key, value)


def place(row: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Row and column of a label, and of its field."""
    return ((row, 0), (row, 1)) if layout == "left" else ((2 * row, 0), (2 * row + 1, 0))


if kit == "gtk":
    import gi

    gi.require_version("Gtk", "3.0")
    from gi.repository import Gtk

    window = Gtk.Window(title="Details", default_width=460)
    window.connect("destroy", Gtk.main_quit)
    grid = Gtk.Grid(column_spacing=14, row_spacing=10, border_width=16)
    for row, (name, value) in enumerate(zip(names, values, strict=True)):
        label, entry = Gtk.Label(label=name, xalign=0), Gtk.Entry(text=value, width_chars=30)
        label.set_mnemonic_widget(entry)
        entry.connect("changed", lambda e, key=f"f{row}": keep(key, e.get_text()))
        for widget, (down, across) in zip((label, entry), place(row), strict=True):
            grid.attach(widget, across, down, 1, 1)
    grid.attach(Gtk.Button(label="Keep"), 0, 9, 1, 1)
    window.add(grid)
    window.show_all()
    Gtk.main()
elif kit == "qt":
    from PyQt5 import QtWidgets

    application = QtWidgets.QApplication([])
    window = QtWidgets.QWidget()
    window.setWindowTitle("Details")
    grid = QtWidgets.QGridLayout(window)
    for row, (name, value) in enumerate(zip(names, values, strict=True)):
        label, entry = QtWidgets.QLabel(name), QtWidgets.QLineEdit(value)
        label.setBuddy(entry)
        entry.textChanged.connect(lambda text, key=f"f{row}": keep(key, text))
        for widget, (down, across) in zip((label, entry), place(row), strict=True):
            grid.addWidget(widget, down, across)
    grid.addWidget(QtWidgets.QPushButton("Keep"), 9, 0)
    window.resize(460, 200)
    window.show()
    application.exec_()
else:
    import tkinter as tk

    root = tk.Tk()
    root.title("Details")
    for row, (name, value) in enumerate(zip(names, values, strict=True)):
        text = tk.StringVar(root, value)
        text.trace_add("write", lambda *_, text=text, key=f"f{row}": keep(key, text.get()))
        label, entry = tk.Label(root, text=name), tk.Entry(root, textvariable=text, width=30)
        for widget, (down, across) in zip((label, entry), place(row), strict=True):
            widget.grid(row=down, column=across, sticky="w", padx=10, pady=6)
    tk.Button(root, text="Keep").grid(row=9, column=0)
    root.mainloop()

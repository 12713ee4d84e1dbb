"""A window whose buttons show pictures alone, of GTK 3 or Qt 5: their names are told to assistive technology. What is pressed goes to a file.

icon_window.py gtk|qt FILE
"""

import json
import sys
from pathlib import Path

kit, path = sys.argv[1], Path(sys.argv[2])
state: dict[str, object] = {}
ICONS = {"Save": "document-save", "Reload": "view-refresh", "Delete": "user-trash", "Print": "document-print"}


def keep(name: str, value: object) -> None:
    state[name] = value
    path.write_text(json.dumps(state), "utf-8")


if kit == "gtk":
    import gi

    gi.require_version("Gtk", "3.0")
    from gi.repository import GdkPixbuf, GLib, Gtk

    def picture(number: int) -> Gtk.Widget:
        """A sign of its own for each."""
        rows = [
            b"\x33\x44\x77" if x % 6 < 4 and x // 6 <= number and y > 4 else b"\xee\xee\xee"
            for y in range(24)
            for x in range(24)
        ]
        pixels = GdkPixbuf.Pixbuf.new_from_bytes(
            GLib.Bytes.new(b"".join(rows)), GdkPixbuf.Colorspace.RGB, False, 8, 24, 24, 72
        )
        return Gtk.Image.new_from_pixbuf(pixels)

    window = Gtk.Window(title="Icons", default_width=420, default_height=200)
    window.connect("destroy", Gtk.main_quit)
    box, row = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=12, border_width=16), Gtk.Box(spacing=8)
    status = Gtk.LevelBar(max_value=9)

    def pressed(name: str, value: object) -> None:
        keep(name, value)
        status.set_value(status.get_value() + 1)

    for number, name in enumerate(ICONS):
        button = Gtk.Button(child=picture(number), sensitive=name != "Print")
        button.get_accessible().set_name(name)
        button.connect("clicked", lambda _b, name=name: pressed(name, True))
        row.pack_start(button, False, False, 0)
    switch = Gtk.Switch(halign=Gtk.Align.START)
    switch.get_accessible().set_name("Airplane mode")
    switch.connect("notify::active", lambda s, _p: pressed("Airplane mode", s.get_active()))
    for child in (row, switch, status):
        box.pack_start(child, False, False, 0)
    window.add(box)
    window.show_all()
    Gtk.main()
else:
    from PyQt5 import QtGui, QtWidgets

    application = QtWidgets.QApplication([])
    window = QtWidgets.QMainWindow()
    window.setWindowTitle("Icons")

    def picture(number: int) -> QtGui.QIcon:
        """A sign of its own for each."""
        image = QtGui.QPixmap(24, 24)
        image.fill(QtGui.QColor("#dddddd"))
        painter = QtGui.QPainter(image)
        for n in range(number + 1):
            painter.fillRect(2 + 5 * n, 4 + 4 * (n % 2), 4, 14, QtGui.QColor("#334477"))
        painter.end()
        return QtGui.QIcon(image)

    bars = QtWidgets.QProgressBar(maximum=9, value=0, textVisible=False)

    def pressed(name: str, value: object) -> None:
        keep(name, value)
        bars.setValue(bars.value() + 1)

    menus = window.menuBar()
    file, edit = menus.addMenu("&File"), menus.addMenu("&Edit")
    file.addAction("Open it").triggered.connect(lambda: pressed("Open it", True))
    file.addMenu("More").addAction("Deep one").triggered.connect(lambda: pressed("Deep one", True))
    wrap = edit.addAction("Wrap lines")
    wrap.setCheckable(True)
    wrap.toggled.connect(lambda on: pressed("Wrap lines", on))
    tools = window.addToolBar("tools")
    for number, name in enumerate(ICONS):
        action = tools.addAction(picture(number), name)
        action.setEnabled(name != "Print")
        action.triggered.connect(lambda _on, name=name: pressed(name, True))
    night = QtWidgets.QToolButton(checkable=True, icon=picture(4), accessibleName="Night light")
    night.toggled.connect(lambda on: pressed("Night light", on))
    tools.addWidget(night)
    window.setCentralWidget(bars)
    window.resize(460, 220)
    window.show()
    application.exec_()

"""A plant diary made with GTK 3 for the fourth set; what it keeps is appended to the file of the first argument, a JSON line each."""

import json
import sys
from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402


def main(log: Path) -> None:  # noqa: PLR0915 - one window, from its top to its bottom
    window = Gtk.Window(title="Plant diary", default_width=640, default_height=440)
    window.connect("destroy", Gtk.main_quit)
    bar = Gtk.HeaderBar(title="Plant diary", show_close_button=True)
    window.set_titlebar(bar)
    water = Gtk.Button(label="Water")
    bar.pack_start(water)
    more = Gtk.MenuButton(label="More")
    bar.pack_end(more)
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8, margin=14)
    window.add(box)
    said = Gtk.Label(label="4 plants", xalign=0)

    def keep(**what: object) -> None:
        with log.open("a") as file:
            file.write(json.dumps(what) + "\n")
        said.set_text(", ".join(f"{key} {value}" for key, value in what.items()))

    store = Gtk.ListStore(bool, str, str)
    for row in (
        (False, "Basil", "kitchen"),
        (True, "Monstera", "hall"),
        (False, "Orchid", "bath"),
        (False, "Ficus", "hall"),
    ):
        store.append(row)
    tree = Gtk.TreeView(model=store)
    tick, name = Gtk.CellRendererToggle(), Gtk.CellRendererText(editable=True)

    def toggled(_: object, path: str) -> None:
        store[path][0] = not store[path][0]
        keep(plant=store[path][1], thirsty=store[path][0])

    def edited(_: object, path: str, text: str) -> None:
        keep(renamed=store[path][1], to=text)
        store[path][1] = text

    tick.connect("toggled", toggled)
    name.connect("edited", edited)
    tree.append_column(Gtk.TreeViewColumn("Thirsty", tick, active=0))
    tree.append_column(Gtk.TreeViewColumn("Plant", name, text=1))
    tree.append_column(Gtk.TreeViewColumn("Place", Gtk.CellRendererText(), text=2))
    box.pack_start(tree, True, True, 0)
    line = Gtk.Box(spacing=8)
    entry = Gtk.Entry()
    entry.set_placeholder_text("Name of a new plant")
    add = Gtk.Button(label="Add plant", sensitive=False)
    entry.connect("changed", lambda _: add.set_sensitive(bool(entry.get_text())))

    def added(_: object) -> None:
        store.append((False, entry.get_text(), "new"))
        keep(added=entry.get_text())
        entry.set_text("")

    add.connect("clicked", added)
    line.pack_start(entry, True, True, 0)
    line.pack_start(add, False, False, 0)
    box.pack_start(line, False, False, 0)
    remind = Gtk.Box(spacing=8)
    remind.pack_start(Gtk.Label(label="Remind me every morning"), False, False, 0)
    switch = Gtk.Switch()
    switch.connect("notify::active", lambda *_: keep(remind=switch.get_active()))
    remind.pack_end(switch, False, False, 0)
    box.pack_start(remind, False, False, 0)
    box.pack_start(said, False, False, 0)

    def watered(_: object) -> None:
        _model, at = tree.get_selection().get_selected()
        if at is not None:
            keep(watered=store[at][1])

    water.connect("clicked", watered)
    popover = Gtk.Popover()
    inside = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, margin=6)
    for text in ("Export diary", "Print labels", "About"):
        item = Gtk.ModelButton(text=text)
        item.connect("clicked", lambda _, text=text: keep(chosen=text))
        inside.pack_start(item, False, False, 0)
    inside.show_all()
    popover.add(inside)
    more.set_popover(popover)
    window.show_all()
    Gtk.main()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

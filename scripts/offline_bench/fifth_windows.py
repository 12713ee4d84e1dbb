"""Three windows of the fifth set, by the name of the first argument; what each does is appended to the file of the second, a JSON line each."""

import json
import sys
from pathlib import Path

WHICH, LOG = sys.argv[1], Path(sys.argv[2])


def keep(**what: object) -> None:
    with LOG.open("a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\n")


def kennel() -> None:
    """Tk: no accessibility at all."""
    import tkinter as tk  # noqa: PLC0415

    root = tk.Tk()
    root.title("Perrera")
    root.geometry("560x420+300+200")
    name, size, walks = tk.StringVar(), tk.StringVar(value="Mediano"), tk.StringVar(value="1")
    tk.Label(root, text="Nombre").pack(anchor="w", padx=20, pady=(18, 2))
    tk.Entry(root, textvariable=name, width=34).pack(anchor="w", padx=20)
    for text in ("Pequeño", "Mediano", "Grande"):
        tk.Radiobutton(root, text=text, value=text, variable=size).pack(anchor="w", padx=20)
    tk.Label(root, text="Paseos al día").pack(anchor="w", padx=20, pady=(10, 2))
    tk.Spinbox(root, from_=1, to=4, textvariable=walks, width=6).pack(anchor="w", padx=20)
    said = tk.Label(root, text="")

    def save() -> None:
        keep(nombre=name.get(), talla=size.get(), paseos=walks.get())
        said.configure(text=f"Guardado: {name.get()}")

    tk.Button(root, text="Guardar", command=save).pack(pady=16)
    said.pack()
    root.mainloop()


def plots() -> None:
    """GTK 4."""
    import gi  # noqa: PLC0415

    gi.require_version("Gtk", "4.0")
    from gi.repository import GLib, Gtk  # noqa: PLC0415

    loop = GLib.MainLoop()
    Gtk.init()
    window = Gtk.Window(title="Allotment", default_width=620, default_height=460)
    window.connect("close-request", lambda *_: loop.quit())
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=10, margin_top=20, margin_start=24, margin_end=24)
    plot, crop = Gtk.Entry(), Gtk.DropDown.new_from_strings(["Beans", "Kale", "Leeks", "Squash"])
    shared, said, spinner = Gtk.CheckButton(label="Shared plot"), Gtk.Label(label=""), Gtk.Spinner(spinning=True)
    save, pump = Gtk.Button(label="Save plot"), Gtk.Button(label="Start pump", sensitive=False)
    for label, widget in (("Plot number", plot), ("Crop", crop)):
        name = Gtk.Label(label=label, xalign=0, mnemonic_widget=widget)
        box.append(name)
        box.append(widget)

    def kept(*_: object) -> None:
        keep(plot=plot.get_text(), crop=crop.get_selected_item().get_string(), shared=shared.get_active())
        said.set_label(f"Plot {plot.get_text()} is yours")

    save.connect("clicked", kept)
    for widget in (shared, save, said, pump, spinner):
        box.append(widget)
    window.set_child(box)
    window.present()
    loop.run()


def studio() -> None:
    """Qt 5."""
    from PyQt5.QtWidgets import (  # noqa: PLC0415
        QApplication,
        QLabel,
        QListWidget,
        QPushButton,
        QTabWidget,
        QVBoxLayout,
        QWidget,
    )

    application = QApplication(sys.argv[:1])
    tabs = QTabWidget()
    tabs.setWindowTitle("Studio")
    tabs.resize(640, 420)
    for title, rows in (
        ("Micros", ["Ruban", "Statique", "Canon"]),
        ("Séances", ["Chorale du lundi", "Quatuor", "Voix off"]),
    ):
        page = QWidget()
        column, these, said = QVBoxLayout(page), QListWidget(), QLabel("Rien n'est réservé")
        these.addItems(rows)
        button = QPushButton("Réserver")

        def book(_: bool = False, these: QListWidget = these, said: QLabel = said) -> None:  # noqa: FBT001, FBT002
            chosen = [item.text() for item in these.selectedItems()]
            keep(reserve=chosen)
            said.setText(f"Réservé : {', '.join(chosen)}")

        button.clicked.connect(book)
        for widget in (these, button, said):
            column.addWidget(widget)
        tabs.addTab(page, title)
    tabs.show()
    application.exec()


{"kennel": kennel, "plots": plots, "studio": studio}[WHICH]()

"""Four windows of the sixth set, by the name of the first argument; what each does is appended to the file of the second, a JSON line each."""

import json
import sys
from pathlib import Path

WHICH, LOG = sys.argv[1], Path(sys.argv[2])


def keep(**what: object) -> None:
    with LOG.open("a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\n")


def cellar() -> None:
    """Qt 5: a table with a button in each row, a dialog, a menu bar."""
    from PyQt5 import QtWidgets as Qt  # noqa: PLC0415

    app = Qt.QApplication(sys.argv[:1])
    window, table = Qt.QMainWindow(), Qt.QTableWidget(4, 3)
    window.setWindowTitle("Wine cellar")
    window.resize(760, 420)
    table.setHorizontalHeaderLabels(["Wine", "Bottles", ""])
    table.setColumnWidth(0, 280)
    for row, (wine, bottles) in enumerate((("Barolo", 6), ("Riesling", 11), ("Rioja", 3), ("Chablis", 8))):
        table.setItem(row, 0, Qt.QTableWidgetItem(wine))
        table.setItem(row, 1, Qt.QTableWidgetItem(str(bottles)))
        button = Qt.QPushButton("Open one")

        def ask(*_: object, row: int = row, wine: str = wine) -> None:
            box = Qt.QMessageBox(window)
            box.setWindowTitle("Open a bottle?")
            box.setText(f"One bottle of {wine} will be taken off the list.")
            yes = box.addButton("Take it off", Qt.QMessageBox.AcceptRole)
            box.addButton("Leave it", Qt.QMessageBox.RejectRole)
            box.exec_()
            if box.clickedButton() is yes:
                item = table.item(row, 1)
                item.setText(str(int(item.text()) - 1))
                keep(opened=wine)

        button.clicked.connect(ask)
        table.setCellWidget(row, 2, button)
    menu = window.menuBar().addMenu("Lists")
    for name in ("Print shopping list", "Print full list", "Empty the cellar"):
        menu.addAction(
            name, lambda name=name: (keep(menu=name), window.statusBar().showMessage(f"{name}: sent to the printer"))
        )
    window.setCentralWidget(table)
    window.show()
    app.exec_()


def choir() -> None:
    """GTK 3: a completion under a field, a switch, radio buttons, a spin button."""
    import gi  # noqa: PLC0415

    gi.require_version("Gtk", "3.0")
    from gi.repository import Gtk  # noqa: PLC0415

    window = Gtk.Window(title="Choir registration", default_width=520)
    window.connect("destroy", Gtk.main_quit)
    grid = Gtk.Grid(row_spacing=10, column_spacing=14, margin=22)
    town, street, years, bring = (
        Gtk.Entry(),
        Gtk.Entry(),
        Gtk.SpinButton.new_with_range(0, 60, 1),
        Gtk.Switch(halign=Gtk.Align.START),
    )
    rows = Gtk.ListStore(str)
    for name in ("Lillehammer", "Lillesand", "Lillestrøm"):
        rows.append([name])
    done = Gtk.EntryCompletion(model=rows, text_column=0)
    town.set_completion(done)
    for at, (label, widget) in enumerate(
        (("Town", town), ("Street", street), ("Years of singing", years), ("Brings a score", bring))
    ):
        name = Gtk.Label(label=label, xalign=0)
        name.set_mnemonic_widget(widget)
        grid.attach(name, 0, at, 1, 1)
        grid.attach(widget, 1, at, 1, 1)
    voices, voice = Gtk.Box(spacing=10), None
    for name in ("Soprano", "Alto", "Tenor", "Bass"):
        voice = Gtk.RadioButton.new_with_label_from_widget(voice, name)
        voices.add(voice)
    said, save = Gtk.Label(label=""), Gtk.Button(label="Register")
    grid.attach(voices, 0, 4, 2, 1)
    grid.attach(save, 1, 5, 1, 1)
    grid.attach(said, 0, 6, 2, 1)

    def kept(*_: object) -> None:
        sung = next(button.get_label() for button in voices.get_children() if button.get_active())
        keep(
            town=town.get_text(),
            street=street.get_text(),
            years=years.get_value_as_int(),
            score=bring.get_active(),
            voice=sung,
        )
        said.set_text("Welcome to the choir")

    save.connect("clicked", kept)
    window.add(grid)
    window.show_all()
    Gtk.main()


def garage() -> None:
    """Tk: no accessibility at all."""
    import tkinter as tk  # noqa: PLC0415

    root = tk.Tk()
    root.title("Taller")
    root.geometry("520x430+400+220")
    plate, oil, tyres = tk.StringVar(), tk.BooleanVar(), tk.BooleanVar()
    tk.Label(root, text="Matrícula").pack(anchor="w", padx=20, pady=(16, 2))
    tk.Entry(root, textvariable=plate, width=30).pack(anchor="w", padx=20)
    tk.Checkbutton(root, text="Cambio de aceite", variable=oil).pack(anchor="w", padx=20, pady=(10, 0))
    tk.Checkbutton(root, text="Neumáticos de invierno", variable=tyres).pack(anchor="w", padx=20)
    tk.Label(root, text="Mecánico").pack(anchor="w", padx=20, pady=(10, 2))
    who = tk.Listbox(root, height=3, exportselection=False)
    who.insert("end", "Amaya", "Bruno", "Celia")
    who.pack(anchor="w", padx=20)
    said = tk.Label(root, text="")

    def book() -> None:
        keep(
            matricula=plate.get(),
            aceite=oil.get(),
            neumaticos=tyres.get(),
            quien=who.get(who.curselection()) if who.curselection() else "",
        )
        said.configure(text="Cita reservada")

    tk.Button(root, text="Pedir cita", command=book).pack(pady=14)
    said.pack()
    root.mainloop()


def ledger() -> None:
    """Tk: an editor whose saving fails, as its last line says."""
    import tkinter as tk  # noqa: PLC0415

    root = tk.Tk()
    root.title("Ledger")
    root.geometry("620x360+380+240")
    text, said = tk.Text(root, height=12), tk.Label(root, text="Last saved on Monday", anchor="w")
    text.pack(fill="both", expand=True, padx=10, pady=10)
    said.pack(fill="x", padx=10, pady=(0, 8))
    text.focus_set()
    text.bind("<Control-s>", lambda _: said.configure(text="Not saved: the disk is full"))
    text.bind("<<Modified>>", lambda _: said.configure(text="Unsaved changes"))
    root.mainloop()


if __name__ == "__main__":
    {"cellar": cellar, "choir": choir, "garage": garage, "ledger": ledger}[WHICH]()

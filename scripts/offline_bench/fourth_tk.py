"""A ticket desk made with Tk for the fourth set; what is issued is appended to the file of the first argument, a JSON line each time."""

import json
import sys
import tkinter as tk
from pathlib import Path
from tkinter import messagebox, ttk


def main(log: Path) -> None:
    root = tk.Tk()
    root.title("Ticket desk")
    root.geometry("620x460+240+160")
    tabs = ttk.Notebook(root)
    tabs.pack(fill="both", expand=True, padx=8, pady=8)
    sale, refunds = ttk.Frame(tabs, padding=12), ttk.Frame(tabs, padding=12)
    tabs.add(sale, text="Sale")
    tabs.add(refunds, text="Refunds")
    said = tk.StringVar(value="Nothing issued yet")

    def keep(**what: object) -> None:
        with log.open("a") as file:
            file.write(json.dumps(what) + "\n")

    passenger, amount, kind, insured, copies = (
        tk.StringVar(),
        tk.StringVar(),
        tk.StringVar(value="Second class"),
        tk.BooleanVar(),
        tk.StringVar(value="1"),
    )
    for row, text in enumerate(("Passenger", "Discount in %", "Class", "Copies")):
        ttk.Label(sale, text=text).grid(row=row, column=0, sticky="w", pady=6, padx=(0, 16))
    ttk.Entry(sale, textvariable=passenger, width=32).grid(row=0, column=1, sticky="w")
    digits = (root.register(lambda text: text == "" or text.isdigit()), "%P")
    ttk.Entry(sale, textvariable=amount, width=8, validate="key", validatecommand=digits).grid(
        row=1, column=1, sticky="w"
    )
    ttk.Combobox(sale, textvariable=kind, values=("First class", "Second class", "Sleeper"), state="readonly").grid(
        row=2, column=1, sticky="w"
    )
    number = ttk.Spinbox(sale, textvariable=copies, from_=1, to=9, width=6)
    number.grid(row=3, column=1, sticky="w")
    number.bind("<FocusOut>", lambda _: copies.set(str(min(9, int(copies.get() or 1)))))
    number.bind("<Return>", lambda _: copies.set(str(min(9, int(copies.get() or 1)))))
    ttk.Checkbutton(sale, text="Travel insurance", variable=insured).grid(row=4, column=1, sticky="w", pady=6)

    def issue() -> None:
        keep(
            passenger=passenger.get(),
            discount=amount.get(),
            kind=kind.get(),
            insured=insured.get(),
            copies=copies.get(),
        )
        said.set(f"Ticket for {passenger.get()} issued")

    def clear() -> None:
        if messagebox.askyesno("Clear form", "Forget what was filled in?"):
            passenger.set("")
            amount.set("")
            keep(cleared=True)

    ttk.Button(sale, text="Issue ticket", command=issue).grid(row=5, column=1, sticky="w", pady=10)
    ttk.Button(sale, text="Clear form", command=clear).grid(row=5, column=0, sticky="w")
    ttk.Label(root, textvariable=said).pack(anchor="w", padx=12, pady=(0, 8))

    ttk.Label(refunds, text="Open refunds").pack(anchor="w")
    waiting = tk.Listbox(refunds, height=6, width=40)
    waiting.pack(anchor="w", pady=6)
    for name in ("R-301 Adler", "R-302 Bianchi", "R-303 Chen", "R-304 Dahl"):
        waiting.insert("end", name)

    def refund() -> None:
        for place in waiting.curselection():
            keep(refunded=waiting.get(place))
            said.set(f"{waiting.get(place)} refunded")
            waiting.delete(place)

    ttk.Button(refunds, text="Refund selected", command=refund).pack(anchor="w")
    root.mainloop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""A Tk form that says in JSON lines each key that reaches a field and each press of a button, as often as it comes."""

import json
import os
import sys
import threading
import tkinter as tk
from collections.abc import Callable
from typing import Any


def say(**what: Any) -> None:
    """One line for whoever started us."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Open the window and answer commands until the input ends."""
    root = tk.Tk()
    root.geometry("640x420+120+90")
    root.title("A count")
    news, values = tk.BooleanVar(), {}

    def counted(label: str) -> Callable[[tk.Event], None]:
        return lambda event: say(event="key", field=label, text=event.char)

    for row, label in enumerate(("Name", "Town")):
        tk.Label(root, text=label).place(x=30, y=30 + 40 * row)
        values[label] = tk.StringVar()
        entry = tk.Entry(root, textvariable=values[label], width=30, insertontime=0)
        entry.bind("<Key>", counted(label))
        entry.place(x=140, y=28 + 40 * row)
    tk.Checkbutton(root, text="Send me news", variable=news, command=lambda: say(event="ticked")).place(x=30, y=130)
    for place, (label, done) in enumerate((("Join", "Welcome"), ("Print", "Sent to the printer"))):
        status = tk.StringVar()

        def pressed(label: str = label, done: str = done, status: tk.StringVar = status) -> None:
            say(event="pressed", name=label)
            status.set(done)

        tk.Button(root, text=label, width=8, command=pressed).place(x=30 + 160 * place, y=190)
        tk.Label(root, textvariable=status).place(x=30, y=260 + 40 * place)

    def tell() -> None:
        say(news=news.get(), **{name.lower(): value.get() for name, value in values.items()})

    def listen() -> None:
        for _ in sys.stdin:
            root.after(0, tell)
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    root.update()
    root.after(200, lambda: say(ready=True))
    root.mainloop()


main()

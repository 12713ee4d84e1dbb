"""A Tk window with things that work and things that do not, which tells on demand what has been done to it."""

import json
import os
import sys
import threading
import tkinter as tk
from typing import Any


def say(**what: Any) -> None:
    """One line for whoever started us."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Open the window and answer commands until the input ends."""
    root = tk.Tk()
    root.geometry("640x420+120+90")
    root.title("The club")
    name, code, forgetful = tk.StringVar(), tk.StringVar(), tk.StringVar()
    news, stubborn = tk.BooleanVar(), tk.BooleanVar()
    status, joined = tk.StringVar(value="Nobody has joined"), tk.BooleanVar()

    def join() -> None:
        joined.set(value=True)
        status.set(f"Welcome, {name.get()}")

    def keep_short(*_: str) -> None:
        if len(code.get()) > 4:
            code.set(code.get()[:4])

    code.trace_add("write", keep_short)
    for row, (label, variable) in enumerate((("Name", name), ("Code", code), ("Voucher", forgetful))):
        tk.Label(root, text=label).place(x=30, y=30 + 40 * row)
        entry = tk.Entry(root, textvariable=variable, width=30, insertontime=0)
        entry.place(x=140, y=28 + 40 * row)
    entry.bind("<FocusOut>", lambda _: forgetful.set(""))
    tk.Checkbutton(root, text="Send me news", variable=news).place(x=30, y=150)
    tk.Checkbutton(
        root, text="For ever", variable=stubborn, command=lambda: root.after(300, lambda: stubborn.set(value=False))
    ).place(x=240, y=150)
    for place, (label, command) in enumerate((("Join", join), ("Idle", lambda: None), ("Open", join), ("Open", join))):
        tk.Button(root, text=label, width=8, command=command).place(x=30 + 130 * place, y=210)
    hinting = tk.Button(root, text="Hinting", width=8)
    hinting.place(x=160, y=270)
    hint = tk.Label(root, text="This button explains itself", background="#ffffe0")
    shown: list[str] = []

    def over(_: object) -> None:
        shown.append(root.after(700, lambda: hint.place(x=300, y=300)))

    def away(_: object) -> None:
        root.after_cancel(shown.pop())
        hint.place_forget()

    hinting.bind("<Enter>", over)
    hinting.bind("<Leave>", away)
    tk.Button(root, text="Renew", width=8, state="disabled", command=join).place(x=30, y=270)
    confirm = tk.Button(root, text="Confirm", width=8, state="disabled", command=join)
    confirm.place(x=420, y=270)
    tk.Label(root, textvariable=status).place(x=30, y=340)

    def tell() -> None:
        say(name=name.get(), code=code.get(), news=news.get(), joined=joined.get())

    def allow() -> None:
        """What was typed has been looked at: it may be sent."""
        confirm.configure(state="normal")
        tell()

    def listen() -> None:
        for line in sys.stdin:
            root.after(0, allow if line.strip() == "allow" else tell)
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    root.update()
    root.after(200, lambda: say(ready=True))
    root.mainloop()


main()

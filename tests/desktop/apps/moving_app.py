"""A Tk window in which something moves by itself, beside a button that does nothing and one whose effect comes late."""

import json
import os
import sys
import threading
import tkinter as tk


def say(**what: object) -> None:
    """One line for whoever started us."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    """`moving_app.py WHAT MILLISECONDS`: what moves, and how late the effect comes."""
    what, late = sys.argv[1], int(sys.argv[2])
    root = tk.Tk()
    root.geometry("640x420+120+90")
    root.title("Moving")
    presses, said, ticks = [0], tk.StringVar(), [0]

    def order() -> None:
        presses[0] += 1
        root.after(late, lambda: said.set("Thank you for your order"))

    tk.Button(root, text="Subscribe", command=lambda: None).place(x=30, y=30)
    tk.Button(root, text="Order now", command=order).place(x=180, y=30)
    tk.Label(root, textvariable=said).place(x=30, y=360)
    tk.Label(root, text="Shelf", relief="ridge", width=20, height=3).place(x=400, y=340)
    card = tk.Label(root, text="Paper", relief="raised")
    card.place(x=330, y=34)

    def carry(event: "tk.Event[tk.Label]") -> None:
        card.place(x=card.winfo_x() + event.x - 20, y=card.winfo_y() + event.y - 10)

    card.bind("<B1-Motion>", carry)
    card.bind("<ButtonRelease-1>", lambda _event: root.after(late, lambda: card.place(x=330, y=34)))
    canvas = tk.Canvas(root, width=560, height=220, background="white")
    canvas.place(x=30, y=100)

    def move() -> None:
        ticks[0] += 1
        canvas.delete("all")
        if what == "spinner":
            canvas.create_arc(40, 40, 120, 120, start=30 * ticks[0] % 360, extent=90, fill="navy")
        elif what == "clock":
            canvas.create_text(90, 60, text=f"12:00:{ticks[0] % 60:02}", font=("DejaVu Sans", 20))
        else:
            colour = ("darkred", "darkgreen", "navy")[ticks[0] % 3]
            canvas.create_rectangle(10, 10, 550, 210, fill=colour)
            said_there = ("Summer sale", "New arrivals", "Gift cards")[ticks[0] % 3]
            canvas.create_text(280, 110, text=said_there, fill="white", font=("DejaVu Sans", 20))
        root.after({"spinner": 50, "clock": 1000}.get(what, 2300), move)

    if what != "nothing":
        move()

    def listen() -> None:
        for _ in sys.stdin:
            root.after(0, lambda: say(presses=presses[0]))
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    root.update()
    root.after(200, lambda: say(ready=True))
    root.mainloop()


main()

"""A window made with Tk beside whose dead button something is drawn all the time."""

import itertools
import math
import tkinter as tk

root = tk.Tk()
root.title("Tide gauge")
canvas = tk.Canvas(root, width=520, height=160, background="white")
canvas.pack(padx=20, pady=20)
tk.Button(root, text="Set alarm here").pack(pady=16)
turns = itertools.count(1)


def draw() -> None:
    turn = next(turns)
    canvas.delete("all")
    points = [(x, 80 + 50 * math.sin((x + turn * 5) / 40)) for x in range(0, 520, 6)]
    canvas.create_line(*[n for point in points for n in point], fill="#0a5", width=3)
    root.after(60, draw)


draw()
root.mainloop()

"""The embedded predictor: carries out plain instructions by reading the screen, with no key and no network.

`predictor.OfflinePredictor(task: str, stop: Stop, *, active=..., pointer=..., launch=...)` is a
`core.ports.Predictor`, and `pointing.OfflinePointing(stop, *, active=...)` the same for the question
where a thing is. They want frames that are not shrunk. `active` gives the real rectangle of the window
that has the focus, with its decoration, or None; `pointer` the real pixel that the pointer is on;
`launch` gives the start of the application that a name means. What the instructions may say: manual/offline.md, and grammar.lark.
"""

"""Who reads lines of text on a picture: the engine that comes along, and another one for platforms that it has no wheel for."""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

from coasty_desk.core.errors import UsageError
from coasty_desk.models.offline.vision.texts import Box, Text


class ReadingEngine(Protocol):
    """Whoever reads the lines of text in an encoded image."""

    def lines(self, image: bytes) -> Sequence[Text]:
        """The lines, with boxes in the image's pixels."""
        ...


class FasterPaddle:
    """PP-OCR's tiny models, shipped in the package, run in this process."""

    def __init__(self) -> None:
        import faster_paddle

        self._engine = faster_paddle.OcrEngine(model_size="tiny", det_max_side=1600, det_min_side=64)

    def lines(self, image: bytes) -> list[Text]:
        """Read an encoded image."""
        found = self._engine.ocr(image)["bounds"].values()
        return [
            Text(str(one["text"]), Box(*one["topLeftCoord"], *one["bottomRightCoord"]), float(one["confidence"]))
            for one in found
            if one["text"].strip()
        ]


class RapidOcr:
    """PP-OCR's small models by onnxruntime, shipped in the package: six times as slow, and there for more platforms."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._engine = RapidOCR(params={"Global.log_level": "critical", "Global.use_cls": False})

    def lines(self, image: bytes) -> list[Text]:
        """Read an encoded image."""
        found = self._engine(image)
        if found.txts is None:
            return []
        return [
            Text(str(text), _around(corners), float(score))
            for text, corners, score in zip(found.txts, found.boxes, found.scores, strict=True)
            if text.strip()
        ]


ENGINES: Mapping[str, Callable[[], ReadingEngine]] = {"faster_paddle": FasterPaddle, "rapidocr": RapidOcr}
"""By the package that each needs, the best first."""


class EngineLoader:
    """An engine that is loaded in the background from the start."""

    def __init__(self, load: Callable[[], ReadingEngine]) -> None:
        self._engine: ReadingEngine | None = None
        self._failure = UsageError("The engine that reads the screen could not be loaded.", "")
        self._thread = threading.Thread(target=self._load, args=(load,), name="coasty-desk reader", daemon=True)
        self._thread.start()

    def __call__(self) -> ReadingEngine:
        """It, once it is loaded. Raises UsageError where there is none."""
        self._thread.join()
        if self._engine is None:
            raise self._failure
        return self._engine

    def _load(self, load: Callable[[], ReadingEngine]) -> None:
        try:
            self._engine = load()
        except UsageError as error:
            self._failure = error


def installed() -> str | None:
    """The package of the best that is there, if there is any; whether it can be loaded is not known."""
    return next((package for package in ENGINES if importlib.util.find_spec(package) is not None), None)


def best() -> str:
    """The package of the best that can be loaded. Raises UsageError where there is none."""
    return _first(importlib.import_module)[0]


def best_engine() -> ReadingEngine:
    """The best that can be loaded. Raises UsageError where there is none."""
    return _first(lambda package: ENGINES[package]())[1]


def shared_engine() -> ReadingEngine:
    """The best that can be loaded, one for all of this process: it reads one picture at a time. Raises UsageError where there is none."""
    with _SHARING:
        if not _SHARED:
            _SHARED.append(_OneAtATime(best_engine()))
        return _SHARED[0]


class _OneAtATime:
    """An engine for several threads."""

    def __init__(self, engine: ReadingEngine) -> None:
        self._engine, self._lock = engine, threading.Lock()

    def lines(self, image: bytes) -> Sequence[Text]:
        """When it is this picture's turn."""
        with self._lock:
            return self._engine.lines(image)


_SHARING = threading.Lock()
_SHARED: list[ReadingEngine] = []


def broken() -> dict[str, str]:
    """The packages that are there and cannot be loaded, each with why: a wheel for another system, a library that it lacks."""
    why: dict[str, str] = {}
    with suppress(UsageError):
        _first(importlib.import_module, why)
    return why


T = TypeVar("T")


def _first(load: Callable[[str], T], why: dict[str, str] | None = None) -> tuple[str, T]:
    why = {} if why is None else why
    for package in ENGINES:
        if importlib.util.find_spec(package) is None:
            continue
        try:
            return package, load(package)
        except Exception as error:  # noqa: BLE001 - what is built for another system fails in many ways
            why[package] = f"{type(error).__name__}: {error}"
    raise _missing(why)


def _around(corners: Sequence[Sequence[float]]) -> Box:
    across, down = [float(x) for x, _ in corners], [float(y) for _, y in corners]
    return Box(min(across), min(down), max(across), max(down))


def _missing(why: Mapping[str, str]) -> UsageError:
    message = "The engine that reads the screen is not installed for this platform."
    if why:
        package, reason = next(iter(why.items()))
        message = f"The engine that reads the screen, {package}, cannot be loaded here: {reason}."
    remedy = "Where coasty-desk's source is: scripts/install, or pip install '.[rapidocr]'. Or use --provider coasty."
    return UsageError(message, remedy)

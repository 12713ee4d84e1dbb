"""A machine's screen as anybody may look at it who may look at the machine: masked, at its full size, encoded for the asking."""

from __future__ import annotations

import io
import threading
import time
from base64 import b64encode
from collections.abc import Callable

from coasty_desk.core.errors import DesktopError
from coasty_desk.core.gates.guard_rules import GuardRules
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.imaging.picture import encoded
from coasty_desk.desktop.screen.capture import TIDY, MonitorScreen, give_memory_back
from coasty_desk.desktop.screen.desktop_surroundings import masks_of
from coasty_desk.lifetimes import WHOLE
from coasty_desk.machines.command import Command, CommandError, CommandResult
from coasty_desk.machines.pointer_commands import ScreenshotParameters
from coasty_desk.machines.worker_protocol import ImageKind, MachinePicture
from coasty_desk.settings import Settings

QUALITY = 85


class MachineScreen:
    """The screen of the display that this process is on; from any thread, one look at a time."""

    def __init__(self, chosen: Settings, rules: GuardRules) -> None:
        self._looking = threading.Lock()
        self._open: MonitorScreen | None = None
        self._chosen, self._rules = chosen, rules
        self._looks = 0

    def look(self, kind: ImageKind) -> MachinePicture:
        """The screen as it is now. Raises DesktopError."""
        with self._looking:
            screen = self._screen()
            taken = time.time()
            try:
                image = screen.whole()
            except DesktopError:
                self.close()
                raise
            self._looks += 1
            tidy = self._looks % TIDY == 0
        content = encoded(image, "png") if kind == "png" else _jpeg(image.save)
        if tidy:
            give_memory_back()
        return MachinePicture(content, f"image/{kind}", *image.size, taken)

    def go_by(self, chosen: Settings, rules: GuardRules) -> None:
        """Mask what these rules mask, from the next look on."""
        with self._looking:
            self.close()
            self._chosen, self._rules = chosen, rules

    def close(self) -> None:
        """Give the connection to the display back; the next look opens another."""
        screen, self._open = self._open, None
        if screen is not None:
            screen.close()

    def _screen(self) -> MonitorScreen:
        if self._open is None:
            masks = masks_of(self._rules)
            self._open = MonitorScreen(Stop(), monitor=self._chosen.monitor, max_size=WHOLE, masks=masks)
        return self._open


def _jpeg(save: Callable[..., object]) -> bytes:
    """Without the second pass that saves a twentieth of the bytes, and takes as long as the first."""
    written = io.BytesIO()
    save(written, "JPEG", quality=QUALITY, subsampling=0)
    return written.getvalue()


def _screenshot(screen: MachineScreen, parameters: ScreenshotParameters, seconds: float) -> CommandResult:
    del seconds
    try:
        picture = screen.look("png" if parameters.format == "png" else "jpeg")
    except DesktopError as error:
        message = f"{error.message} {error.remedy}".strip()
        raise CommandError(message) from error
    said = {
        "image_b64": b64encode(picture.image).decode("ascii"),
        "mime_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
    }
    return CommandResult(said, picture.image)


SCREEN_COMMANDS = (Command("screenshot", "actions:exec", ScreenshotParameters, _screenshot),)

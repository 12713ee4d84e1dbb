"""A Qt window with a text area that says in JSON lines what is in it; with an argument: a field with that completion, which takes the keys."""

import json
import os
import sys
import threading
from typing import Any

from PyQt5.QtCore import QObject, QTimer, pyqtSignal
from PyQt5.QtWidgets import QApplication, QCompleter, QLineEdit, QPlainTextEdit


def say(**what: Any) -> None:
    """One line for whoever started us."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Commands(QObject):  # type: ignore[misc]  # Qt is untyped
    """Commands from the reading thread to the window's."""

    came = pyqtSignal(str)


class Area(QPlainTextEdit):  # type: ignore[misc]
    """A text area that tells of its shortcuts."""

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802 - Qt calls it so
        """Say which key it was, in Qt's own numbers."""
        say(event="key", key=event.key(), modifiers=int(event.modifiers()), text=event.text())
        super().keyPressEvent(event)


application = QApplication(sys.argv)
completing = len(sys.argv) > 1
area = QLineEdit() if completing else Area()
if completing:
    area.setCompleter(QCompleter(sys.argv[1:]))
else:
    area.setTabChangesFocus(False)
area.setGeometry(0, 0, 800, 600)
area.show()
area.activateWindow()
area.setFocus()
commands = Commands()


def obey(command: str) -> None:
    """Answer one command."""
    if command == "text":
        say(text=area.text() if completing else area.toPlainText())
    elif command == "clear":
        area.clear()
        say(cleared=True)


commands.came.connect(obey)


def listen() -> None:
    """Read commands until the input ends."""
    for line in sys.stdin:
        commands.came.emit(line.strip())
    os._exit(0)


threading.Thread(target=listen, daemon=True).start()
QTimer.singleShot(300, lambda: say(ready=True))
application.exec_()

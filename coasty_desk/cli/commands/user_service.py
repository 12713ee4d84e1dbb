"""`coasty-desk serve --install` and `--uninstall`: a service of the user's own, by whoever starts such at login."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from coasty_desk import plain_files
from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import at_home

UNIT, AGENT = "coasty-desk.service", "ai.coasty.desk.plist"
MARK = "Written by coasty-desk serve"
"""By which a file of ours is known; a comment of XML has no two dashes."""

_UNIT = """\
# {mark} --install; coasty-desk serve --uninstall removes it.
[Unit]
Description=coasty-desk, this desktop as a service
After=graphical-session.target

[Service]
ExecStart={command}
Restart=on-failure
RestartSec=5
SyslogIdentifier=coasty-desk

[Install]
WantedBy=default.target
"""

_AGENT = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- {mark} (install) -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>Label</key><string>ai.coasty.desk</string>
<key>ProgramArguments</key><array>{arguments}</array>
<key>RunAtLoad</key><true/>
<key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
</dict></plist>
"""


def install(options: Mapping[str, object]) -> int:
    """Write it, with these options of `serve`, and say what was written. Raises UsageError."""
    path = _path()
    arguments = [sys.executable, "-P", "-m", "coasty_desk", "serve", *_words(options)]
    if any("\n" in word or "\0" in word for word in arguments):
        message = "An option has a line break in it."
        raise UsageError(message, "Give it another one.")
    if any("://" in word and "@" in word for word in arguments):
        message = "An address among the options may have a password in it, which would be in the file."
        raise UsageError(message, "Put that option into your config.toml instead.")
    is_agent = path.name == AGENT
    _demand_ours(path)
    if is_agent:
        told = "".join(f"<string>{escape(word)}</string>" for word in arguments)
        text = _AGENT.format(mark=MARK, arguments=told)
    else:
        text = _UNIT.format(mark=MARK, command=" ".join(map(_quoted, arguments)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        plain_files.write(path, text.encode())
    except OSError as error:
        message = f"{path} cannot be written: {plain_files.why(error)}."
        raise UsageError(message, "See that the folder is yours.") from error
    print(f"Wrote {path}:\n{text}")
    if is_agent:
        print(f"Start it now and at each login: launchctl load -w {shlex.quote(str(path))}")
    else:
        print(f"Start it now and at each login: systemctl --user daemon-reload && systemctl --user enable --now {UNIT}")
        print(f"What it says, its first key too: journalctl --user -u {UNIT}")
    return 0


def uninstall() -> int:
    """Take away what `install` has written. Raises UsageError where there is nothing."""
    path = _path()
    if path.name == AGENT:
        ends = f"launchctl unload -w {shlex.quote(str(path))}"
    else:
        ends = f"systemctl --user disable --now {UNIT}"
    _demand_ours(path)
    try:
        path.unlink()
    except FileNotFoundError as error:
        message = f"There is no {path}."
        raise UsageError(message, "Nothing is installed; `coasty-desk serve --install` does that.") from error
    except OSError as error:
        message = f"{path} cannot be taken away: {plain_files.why(error)}."
        raise UsageError(message, "See that the folder is yours.") from error
    print(f"Removed {path}.\nEnd what runs of it still: {ends}")
    return 0


def _demand_ours(path: Path) -> None:
    """Raise UsageError where a file is there that somebody else has written."""
    try:
        is_ours = MARK in path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return
    except OSError:
        is_ours = False
    if not is_ours:
        message = f"{path} is there, and not written by this program."
        raise UsageError(message, "Move it away first.")


def _path() -> Path:
    """Where whoever starts services at login looks for them. Raises UsageError where nobody is known who does."""
    home = at_home(Path.home)
    if shutil.which("systemctl"):
        folder = os.environ.get("XDG_CONFIG_HOME", "")
        return (Path(folder) if folder.startswith("/") else home / ".config") / "systemd" / "user" / UNIT
    if shutil.which("launchctl"):
        return home / "Library" / "LaunchAgents" / AGENT
    message = "Neither systemd nor launchd is there to start a service at login."
    raise UsageError(message, "Have `coasty-desk serve` started by what this system has for that.")


def _words(options: Mapping[str, object]) -> list[str]:
    words: list[str] = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif isinstance(value, list | tuple):
            words += [part for one in value for part in (flag, str(one))]
        elif value is not False and value is not None:
            words += [flag, str(value)]
    return words


def _quoted(word: str) -> str:
    """As systemd reads it."""
    told = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{told}"'

"""Displays, applications and pages for the benchmark."""

from __future__ import annotations

import io
import json
import os
import queue
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from coasty_desk.core.scaling import Frame, Rect, Size

WORDS = [
    "account",
    "basket",
    "canvas",
    "deposit",
    "editor",
    "figure",
    "garden",
    "harvest",
    "invoice",
    "journey",
    "kitchen",
    "library",
    "market",
    "notice",
    "office",
    "parcel",
    "quality",
    "receipt",
    "schedule",
    "ticket",
    "update",
    "village",
    "weather",
    "window",
    "yellow",
    "address",
    "bridge",
    "customer",
    "delivery",
]


def prose(rng: random.Random, count: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(count)).capitalize() + "."


def page(seed: int, image_delay: int = 0) -> str:
    rng = random.Random(seed)  # noqa: S311 - the same page each time, not a secret
    cards = "".join(
        f"<article style='font-size:{12 + n % 5}px'><h2>{prose(rng, 4)}</h2>"
        f"<img src='/photo?n={n}&d={image_delay}&{seed}' width=300 height=110><p>{prose(rng, 60)}</p></article>"
        for n in range(12)
    )
    return f"""<!doctype html><meta charset=utf8><title>Page {seed}</title><style>
body{{margin:0;font:14px/1.4 'DejaVu Sans',sans-serif;background:#{rng.randrange(0xD0D0D0, 0xFFFFFF):06x}}}
main{{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:12px;padding:12px}}
article{{background:#fff;border:1px solid #ccc;border-radius:6px;padding:10px}}
#menu{{position:fixed;left:700px;top:200px;width:300px;height:0;background:#fff;overflow:hidden;transition:height .25s}}
#menu.o{{height:300px}}input,button{{width:300px;height:34px}}</style>
<input id=f><button onclick="menu.className=menu.className?'':'o'">menu</button><div id=menu>{prose(rng, 40)}</div>
<input type=checkbox style="width:60px"><select style="width:200px;height:34px"><option>first<option>second<option>third</select>
<a href="/page?n={seed + 7}" style="padding:9px 50px">next page</a>
<main>{cards}</main>"""


def live() -> str:
    """A page on which something goes on for ever: a spinner, a picture that moves, a caret."""
    return f"""<!doctype html><meta charset=utf8><title>Live</title><style>
body{{margin:0;font:14px/1.4 'DejaVu Sans',sans-serif}}input,button{{width:300px;height:34px}}
#turns{{width:40px;height:40px;border:5px solid #ccc;border-top-color:#06c;border-radius:50%;margin:9px;animation:t 1s linear infinite}}
@keyframes t{{to{{transform:rotate(1turn)}}}}#panel{{display:none;position:absolute;left:700px;top:300px;width:420px}}
#panel.o{{display:block}}canvas{{position:absolute;left:40px;top:300px}}</style>
<input id=f><button onclick="panel.className=panel.className?'':'o'">panel</button><div id=turns></div>
<canvas id=c width=480 height=270></canvas><div id=panel>{prose(random.Random(7), 90)}</div><script>
const g=c.getContext('2d');function draw(t){{for(let n=0;n<30;n++)for(let m=0;m<17;m++){{
g.fillStyle=`hsl(${{t/5+n*40+m*70}} 70% 50%)`;g.fillRect(n*16,m*16,16,16)}}requestAnimationFrame(draw)}}requestAnimationFrame(draw)</script>"""  # noqa: S311 - the same page each time, not a secret


def heard(seed: int) -> str:
    """A page that keeps every letter, click and turn of the wheel that it receives, and tells them when it is left."""
    return f"""{page(seed)}<style>#f{{position:fixed;left:0;top:12px;z-index:9}}</style><script>const got=[];
addEventListener('keydown',e=>{{if(e.key.length==1)got.push((e.ctrlKey?'ctrl+':'')+e.key)}},true);
addEventListener('mousedown',e=>got.push(`click ${{e.screenX}} ${{e.screenY}}`),true);
addEventListener('wheel',e=>got.push('wheel '+Math.sign(e.deltaY)),true);
addEventListener('pagehide',()=>navigator.sendBeacon('/heard',JSON.stringify([got,f.value])))</script>"""


def photo(seed: int, width: int, height: int) -> bytes:
    rng = random.Random(seed)  # noqa: S311 - the same page each time, not a secret
    whole = Image.new("RGB", (width, height))
    for size in (4, 16, 64, 256):
        noise = Image.frombytes("RGB", (size, size), rng.randbytes(3 * size * size))
        whole = Image.blend(whole, noise.resize((width, height), Image.Resampling.BICUBIC), 0.4)
    written = io.BytesIO()
    whole.save(written, "JPEG", quality=92)
    return written.getvalue()


HEARD: queue.SimpleQueue[tuple[list[str], str]] = queue.SimpleQueue()
"""What a page has heard, and what its field holds, once it has been left."""


class _Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        asked = {name: int(values[0]) for name, values in parse_qs(urlsplit(self.path).query).items()}
        time.sleep(asked.get("d", 0) / 1000)
        if self.path.startswith("/photo"):
            kind, content = "image/jpeg", photo(asked.get("n", 0), asked.get("w", 300), asked.get("h", 110))
        elif self.path.startswith("/full"):
            kind, content = "text/html", b"<body style='margin:0'><img src='/photo?w=1920&h=1080' width=100%>"
        elif self.path.startswith("/live"):
            kind, content = "text/html", live().encode()
        elif self.path.startswith("/heard"):
            kind, content = "text/html", heard(asked.get("n", 0)).encode()
        else:
            kind, content = "text/html", page(asked.get("n", 0), asked.get("i", 0)).encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        HEARD.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()


class Desk:
    """A virtual display with a window manager, and what was started on it."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.home = tempfile.mkdtemp(prefix="coasty-desk-bench-")
        self._started: list[subprocess.Popen[bytes]] = []
        read, write = os.pipe()
        screen = ["-screen", "0", f"{size}x24", "-noreset", "-nolisten", "tcp"]
        self.run("Xvfb", "-displayfd", str(write), *screen, pass_fds=(write,))
        os.close(write)
        with os.fdopen(read) as answer:
            os.environ["DISPLAY"] = ":" + answer.readline().strip()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.run("openbox")
        time.sleep(0.5)

    @property
    def frame(self) -> Frame:
        """Sent pixels are real pixels."""
        return Frame(b"", "image/png", self.size, self.size, Rect(0, 0, self.size.width, self.size.height))

    def url(self, path: str) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}/{path}"

    def run(self, *command: str, pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        quiet = {"HOME": self.home, "GSETTINGS_BACKEND": "memory", "NO_AT_BRIDGE": "1", "GTK_THEME": "Adwaita"}
        started = subprocess.Popen(
            command,
            env=os.environ | quiet,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=pass_fds,
        )
        self._started.append(started)
        return started

    def chromium(self, path: str) -> None:
        flags = ["--no-first-run", "--disable-gpu", "--disable-background-networking", "--password-store=basic"]
        if os.geteuid() == 0:
            flags += ["--no-sandbox", "--test-type"]
        self.run("chromium", *flags, "--start-maximized", f"--user-data-dir={self.home}/profile", self.url(path))
        time.sleep(5)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        for started in reversed(self._started):
            try:
                os.killpg(started.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            started.wait()
        shutil.rmtree(self.home, ignore_errors=True)


@contextmanager
def desk(size: Size) -> Iterator[Desk]:
    opened = Desk(size)
    try:
        yield opened
    finally:
        opened.close()

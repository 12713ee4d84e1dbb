"""The browser of a machine: a real Chromium on a display of its own, and pages that keep a record of what reaches them."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from coasty_desk.desktop.linux import proc
from coasty_desk.machines.browser_commands import BROWSER_COMMANDS, BROWSER_OPERATIONS
from coasty_desk.machines.browser_profile import PROFILE
from coasty_desk.machines.command import CommandError
from coasty_desk.machines.machine_browser import MachineBrowser
from coasty_desk.machines.posix_chromium import found_programs
from tests.desktop.xvfb import xvfb
from tests.machines.worlds import INSIDE, Tool, left_running, soon, walled, walls_work, world

pytestmark = pytest.mark.skipif(
    next(found_programs(os.environ["PATH"]), None) is None, reason="there is no browser to drive"
)

RECORDER = """<script>
window.record = []
for (const kind of ['mousedown', 'click', 'dblclick', 'contextmenu', 'keydown', 'input', 'change', 'wheel'])
  addEventListener(kind, event => record.push([kind, event.isTrusted, event.target.id || event.target.tagName, event.key ?? event.button ?? null]), true)
</script>"""

PAGES: dict[str, str] = {
    "/": f"""<title>First</title>{RECORDER}<h1>Hello</h1>
        <a id=two href=/two>Second page</a> <a id=new href=/two target=_blank>In a new tab</a>
        <button id=go onclick="this.textContent = 'Gone'">Go</button> <button id=off disabled>Off</button>
        <button id=hidden style="visibility: hidden">Hidden</button>
        <div style="position: relative"><button id=under>Under</button>
        <div id=over style="position: absolute; inset: 0; background: white">Over it</div></div>
        <a id=get href=/file.bin download>Get it</a>
        <div style="height: 4000px"></div><button id=far>Far below</button>""",
    "/two": "<title>Second</title><p>two</p>",
    "/form": f"""<title>Form</title>{RECORDER}<form action=/two><input id=name value=old> <input id=pass type=password>
        <textarea id=area></textarea> <select id=list><option value=1>One<option value=2>Zwei &amp; mehr</select>
        <input id=day type=date> <input id=box type=checkbox> <input id=fixed readonly value=fixed>
        <div id=rich contenteditable>rich</div><button>Send</button></form>""",
    "/frames": """<title>Frames</title><div id=host></div><iframe id=frame src=/inner style="margin: 40px"></iframe><script>
        host.attachShadow({mode: 'open'}).innerHTML = '<button onclick="document.title = `shadow`">In the shadow</button>'</script>""",
    "/inner": "<button onclick=\"parent.document.title = 'inner'\">In the frame</button><input id=there>",
    "/dialogs": """<title>Dialogs</title><button id=sure onclick="document.title = confirm('Sure?') ? 'yes' : 'no'">Sure</button>
        <button id=who onclick="document.title = prompt('Who?', 'me') ?? 'nobody'">Who</button>
        <button id=later onclick="setTimeout(() => document.title = confirm('Late?') ? 'late yes' : 'late no', 1200)">Later</button>""",
    "/print": """<title>Print</title><p>there</p><button id=print onclick="window.print(); document.title = 'after'">p</button>""",
    "/alert": "<title>Alert</title><script>alert('Beware')</script><p>after</p>",
    "/leave": "<title>Leave</title><button id=a>a</button><script>onbeforeunload = event => event.preventDefault()</script>",
    "/hop": "<title>Hop</title><script>location.replace('/two')</script>",
    "/late": "<title>Late</title><script>setTimeout(() => document.body.innerHTML = '<p id=come>Here now</p>', 400)</script><body>",
    "/hostile": """<title>Hostile</title><p>text</p><button id=b>Press</button><script>
        const bad = () => { throw new Error('caught') }
        for (const each of ['querySelector', 'querySelectorAll', 'getElementById', 'elementFromPoint']) Document.prototype[each] = bad
        Element.prototype.getBoundingClientRect = bad
        JSON.stringify = Array.prototype.map = Array.prototype.push = window.getComputedStyle = bad
        Object.defineProperty(Element.prototype, 'outerHTML', { get: bad })
        b.onclick = () => { document.title = 'pressed' }</script>""",
    "/hang": "<title>Hang</title><button id=b>b</button><script>while (true);</script>",
    "/alarm": "<title>Alarm</title><button id=b onclick='while (true) alert(1)'>b</button>",
    "/long": "<title>Long</title>" + "<p>ä😀</p>" * 20000,
}


class _Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/slow":
            self.server.let_go.wait(20)  # type: ignore[attr-defined] # it is set below
        body = b"x" * 5000 if path == "/file.bin" else PAGES.get(path, "nothing").encode()
        self.send_response(200)
        self.send_header(
            "Content-Type", "application/octet-stream" if path == "/file.bin" else "text/html; charset=utf-8"
        )
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of the pages."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    server.daemon_threads = True
    server.let_go = threading.Event()  # type: ignore[attr-defined] # for pages that are slow
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.let_go.set()  # type: ignore[attr-defined] # as above
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A display that nothing else is on."""
    with xvfb(1280, 800) as name:
        yield name


@contextmanager
def opened(browser: MachineBrowser) -> Iterator[Tool]:
    """A browser that is closed at the end."""
    try:
        yield Tool(browser, BROWSER_COMMANDS)
    finally:
        browser.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the browser that most of the tests share."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def kept(home: Path, display: str) -> Iterator[Tool]:
    """One browser for most of the tests: it takes a second to start."""
    with opened(MachineBrowser(world(home, confined=False, display=display))) as tool:
        yield tool


@pytest.fixture
def browser(kept: Tool) -> Tool:
    """With one tab, where there is nothing."""
    kept("browser_open", 60, screenshot=False)
    while kept("browser_list_tabs")["count"] > 1:
        kept("browser_close_tab", screenshot=False)
    kept("browser_navigate", url="about:blank", screenshot=False)
    return kept


def value(browser: Tool, code: str) -> object:
    """What code in the page comes to."""
    return browser("browser_execute", code=code, screenshot=False)["result"]


def test_a_page_is_opened_and_seen(browser: Tool, site: str) -> None:
    """Its address and title as they are when it has been loaded, and a picture of it."""
    done = browser.whole("browser_navigate", url=site)
    assert {name: done.result[name] for name in ("loaded", "url", "title", "loading", "is_open")} == {
        "loaded": True,
        "url": f"{site}/",
        "title": "First",
        "loading": False,
        "is_open": True,
    }
    assert done.screenshot is not None
    assert done.screenshot[:3] == b"\xff\xd8\xff"
    assert browser.whole("browser_navigate", url=f"{site}/two", screenshot=False).screenshot is None
    assert browser("browser_state")["title"] == "Second"
    shot = browser.whole("browser_screenshot")
    assert shot.screenshot is not None
    assert shot.screenshot[:4] == b"\x89PNG"
    assert (shot.result["mime_type"], shot.result["width"] > 500) == ("image/png", True)
    browser("browser_navigate", url=site, screenshot=False)
    assert browser("browser_screenshot", full_page=True, format="jpeg")["height"] > 4000


def test_a_click_is_one_of_the_mouse(browser: Tool, site: str) -> None:
    """By selector, by text, by its number in the list, or by its place: the page is told of a press that it takes for real."""
    for way in ({"selector": "#go"}, {"text": "go"}, {}, {"index": -1}):
        browser("browser_navigate", url=site, screenshot=False)
        asked = dict(way)
        listed = browser("browser_get_clickables")["clickables"]
        found = next(one for one in listed if one["selector"] == "#go")
        if way == {"index": -1}:
            asked = {"index": found["index"]}
        elif not way:
            asked = {"x": found["x"], "y": found["y"]}
        browser("browser_click", **asked, screenshot=False)
        assert value(browser, "record.filter(e => e[0] != 'input')") == [
            ["mousedown", True, "go", 0],
            ["click", True, "go", 0],
        ]
        assert value(browser, "document.querySelector('#go').textContent") == "Gone"
    browser("browser_click", selector="#go", clicks=2, modifiers=["ctrl"], screenshot=False)
    assert value(browser, "record.at(-1)[0]") == "dblclick"
    browser("browser_click", selector="#far", screenshot=False)
    assert value(browser, "record.at(-1)") == ["click", True, "far", 0]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"selector": "#under"}, "covered by <div id=over>"),
        ({"selector": "#hidden"}, "not shown"),
        ({"selector": "#off"}, "disabled"),
        ({"selector": "#no"}, "nothing on the page with the selector “#no”"),
        ({"selector": "#("}, "no CSS selector"),
        ({"text": "no such text"}, "nothing to click"),
        ({"index": 7777}, "no element 7777"),
        ({"x": 5}, "an `x` and a `y`"),
        ({"x": 5, "y": 50000}, "outside of the page's window"),
        ({}, "must be said"),
    ],
)
def test_what_cannot_be_clicked_is_told(browser: Tool, site: str, asked: dict[str, object], why: str) -> None:
    """In words, and nothing is clicked."""
    browser("browser_navigate", url=site, screenshot=False)
    with pytest.raises(CommandError, match=why.replace("(", r"\(")):
        browser("browser_click", **asked)
    assert value(browser, "record") == []


def test_text_is_typed_by_keys(browser: Tool, site: str) -> None:
    """At the end of what is there or instead of it; every character arrives, also those that no key has."""
    browser("browser_navigate", url=f"{site}/form", screenshot=False)
    browser("browser_type", selector="#name", text="+ü€😀A", screenshot=False)
    assert value(browser, "document.querySelector('#name').value") == "old+ü€😀A"
    keys = value(browser, "record.filter(e => e[0] == 'keydown').map(e => [e[1], e[3]])")
    assert keys == [[True, char] for char in "+ü€😀A"]
    browser("browser_type", selector="#name", text="new", clear=True, screenshot=False)
    assert value(browser, "document.querySelector('#name').value") == "new"
    browser("browser_type", selector="#area", text="a\nb\tc", screenshot=False)
    assert value(browser, "document.querySelector('#area').value") == "a\nb"  # the tabulator goes on to the next field
    browser("browser_type", selector="#rich", text=" text", screenshot=False)
    browser("browser_type", text="!", screenshot=False)
    assert value(browser, "document.querySelector('#rich').textContent") == "rich text!"
    browser("browser_type", selector="#area", text="x" * 5000, clear=True, screenshot=False)
    assert value(browser, "document.querySelector('#area').value.length") == 5000
    assert browser("browser_type", selector="#name", text="", press_enter=True)["title"] == "Second"


def test_lists_and_dates_are_chosen(browser: Tool, site: str) -> None:
    """What has a picker of its own takes its value, and the page is told."""
    browser("browser_navigate", url=f"{site}/form", screenshot=False)
    browser("browser_type", selector="#list", text="zwei & mehr", screenshot=False)
    browser("browser_type", selector="#day", text="2026-12-31", screenshot=False)
    assert value(browser, "[document.querySelector('#list').value, document.querySelector('#day').value]") == [
        "2",
        "2026-12-31",
    ]
    assert value(browser, "record.filter(e => e[0] == 'change').map(e => e[2])") == ["list", "day"]
    for selector, text, why in (
        ("#list", "three", "no such choice; it has: One, Zwei & mehr"),
        ("#day", "tomorrow", "written as 2026-12-31"),
        ("#fixed", "x", "reading only"),
        ("#box", "x", "takes no text"),
        ("#no", "x", "nothing on the page"),
    ):
        with pytest.raises(CommandError, match=why):
            browser("browser_type", selector=selector, text=text)


def test_a_password_is_not_told(browser: Tool, site: str) -> None:
    """Neither among what can be clicked nor in the page's content."""
    browser("browser_navigate", url=f"{site}/form", screenshot=False)
    browser("browser_type", selector="#pass", text="hunter2hunter2", screenshot=False)
    told = [browser("browser_get_clickables"), browser("browser_get_dom"), browser("browser_get_dom", format="text")]
    assert "hunter2" not in str(told)


def test_where_nothing_has_the_focus_nothing_is_typed(browser: Tool, site: str) -> None:
    """And it is said."""
    browser("browser_navigate", url=site, screenshot=False)
    with pytest.raises(CommandError, match="Nothing on the page has the focus"):
        browser("browser_type", text="x")
    assert value(browser, "record") == []


def test_frames_and_shadows_are_looked_into(browser: Tool, site: str) -> None:
    """With the places where they are."""
    browser("browser_navigate", url=f"{site}/frames", screenshot=False)
    assert browser("browser_click", text="In the frame", screenshot=False)["title"] == "inner"
    assert browser("browser_click", text="In the shadow", screenshot=False)["title"] == "shadow"
    browser("browser_type", selector="#there", text="hello", screenshot=False)
    assert value(browser, "document.querySelector('#frame').contentDocument.querySelector('#there').value") == "hello"


def test_a_hostile_page_changes_nothing_of_what_is_asked(browser: Tool, site: str) -> None:
    """Whatever it puts in the place of the functions that are used."""
    browser("browser_navigate", url=f"{site}/hostile", screenshot=False)
    assert [one["text"] for one in browser("browser_get_clickables")["clickables"]] == ["Press"]
    assert "<p>text</p>" in browser("browser_get_dom")["dom"]
    assert browser("browser_click", text="Press", screenshot=False)["title"] == "pressed"


def test_content_is_bounded(browser: Tool, site: str) -> None:
    """And says how much there is; a part of it can be had by a selector."""
    browser("browser_navigate", url=f"{site}/long", screenshot=False)
    told = browser("browser_get_dom", max_characters=5003)
    assert (told["truncated"], told["characters"] > 180000, len(told["dom"]) <= 5003) == (True, True, True)
    assert msgspec.json.encode(told)
    part = browser("browser_get_dom", selector="p", format="text")
    assert (part["content"], part["truncated"]) == ("ä😀", False)
    assert browser("browser_get_clickables")["count"] == 0


def test_dialogs_are_answered_as_the_command_says(browser: Tool, site: str) -> None:
    """No, unless it says yes; and told."""
    browser("browser_navigate", url=f"{site}/dialogs", screenshot=False)
    refused = browser("browser_click", selector="#sure", screenshot=False)
    assert (refused["title"], refused["dialogs"]) == (
        "no",
        [{"type": "confirm", "message": "Sure?", "answer": "dismissed"}],
    )
    assert browser("browser_click", selector="#sure", dialog="accept", screenshot=False)["title"] == "yes"
    assert (
        browser("browser_click", selector="#who", dialog="accept", dialog_text="you", screenshot=False)["title"]
        == "you"
    )
    assert browser("browser_navigate", url=f"{site}/alert", screenshot=False)["dialogs"][0]["message"] == "Beware"
    assert browser("browser_get_dom", format="text")["content"].strip() == "after"
    browser("browser_navigate", url=f"{site}/leave", screenshot=False)
    browser("browser_click", selector="#a", screenshot=False)
    left = browser("browser_navigate", url=f"{site}/two", screenshot=False)
    assert (left["title"], left["dialogs"][0]["type"]) == ("Second", "beforeunload")


def test_a_page_that_prints_goes_on(browser: Tool, site: str) -> None:
    """There is nobody to ask how, and no window that does."""
    browser("browser_navigate", url=f"{site}/print", screenshot=False)
    assert browser("browser_click", selector="#print", screenshot=False)["title"] == "after"
    assert "there" in browser("browser_get_dom", format="text")["content"]


def test_a_dialog_between_two_commands_stays(browser: Tool, site: str) -> None:
    """For whoever looks at the screen; it is told, and the next command that acts answers it."""
    browser("browser_navigate", url=f"{site}/dialogs", screenshot=False)
    browser("browser_click", selector="#later", screenshot=False)
    assert soon(lambda: "dialog" in browser("browser_state"))
    assert browser("browser_state")["dialog"] == {"type": "confirm", "message": "Late?"}
    with pytest.raises(CommandError, match="waits for the answer to a dialog: “Late"):
        browser("browser_get_dom")
    told = browser("browser_wait", milliseconds=1, dialog="accept", screenshot=False)
    assert told["dialogs"][0]["answer"] == "accepted"
    assert soon(lambda: browser("browser_wait", milliseconds=1, screenshot=False)["title"] == "late yes")


def test_tabs(browser: Tool, site: str) -> None:
    """What a command opens is what the next one is about."""
    first = browser("browser_navigate", url=site, screenshot=False)
    there = browser("browser_click", selector="#new", screenshot=False)
    assert (there["title"], there["tab_count"], there["new_tab_id"]) == ("Second", 2, there["tab_id"])
    third = browser("browser_open_tab", url=f"{site}/form", screenshot=False)
    assert (third["title"], third["tab_count"]) == ("Form", 3)
    listed = browser("browser_list_tabs")["tabs"]
    assert [(one["index"], one["title"], one["active"]) for one in listed] == [
        (0, "First", False),
        (1, "Second", False),
        (2, "Form", True),
    ]
    assert browser("browser_switch_tab", tab_index=0, screenshot=False)["tab_id"] == first["tab_id"]
    browser("browser_click", selector="#go", screenshot=False)
    assert value(browser, "record.at(-1)") == ["click", True, "go", 0]
    assert browser("browser_close_tab", tab_id=there["tab_id"], screenshot=False)["tab_id"] == first["tab_id"]
    with pytest.raises(CommandError, match="no such tab; there are 2"):
        browser("browser_switch_tab", index=2)
    with pytest.raises(CommandError, match="must be said"):
        browser("browser_switch_tab")


def test_a_download_comes_into_the_home(browser: Tool, site: str, home: Path) -> None:
    """And is told."""
    browser("browser_navigate", url=site, screenshot=False)
    browser("browser_click", selector="#get", screenshot=False)
    assert soon(lambda: [one["state"] for one in browser("browser_info")["downloads"]] == ["completed"])
    assert browser("browser_info")["downloads"][0]["size"] == 5000
    assert (home / "Downloads" / "file.bin").stat().st_size == 5000


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "chrome://settings",
        "javascript:alert(1)",
        "about:version",
        "view-source:http://x",
        "ftp://x",
        "devtools://x",
    ],
)
def test_only_pages_are_gone_to(browser: Tool, url: str) -> None:
    """Not files of this computer, nor the browser's own insides."""
    for command in ("browser_open", "browser_navigate", "browser_open_tab"):
        with pytest.raises(CommandError, match="not sent to addresses of the kind"):
            browser(command, url=url)
    assert browser("browser_list_tabs")["count"] == 1


def test_a_machine_without_walls_shows_no_files(tmp_path: Path) -> None:
    """They would be this computer's."""
    own = MachineBrowser(world(tmp_path, inside=str(tmp_path)))
    with opened(own) as browser, pytest.raises(CommandError, match="of the kind “file”"):
        browser("browser_open", url="file:///etc/passwd")


def test_addresses_are_completed(browser: Tool, site: str) -> None:
    """As a person would leave them."""
    assert browser("browser_navigate", url=site.removeprefix("http://"), screenshot=False)["title"] == "First"
    local = browser("browser_navigate", url=site.replace("http://127.0.0.1", "localhost"), screenshot=False)
    assert local["url"].startswith("http://localhost:")
    assert browser("browser_navigate", url="data:text/html,<title>D</title>", screenshot=False)["title"] == "D"


def test_a_page_that_does_not_come_is_told(browser: Tool, site: str) -> None:
    """By what the browser calls it; one that is slow is left as it is when the time is up."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(CommandError, match="ERR_CONNECTION_REFUSED"):
            browser("browser_navigate", url=f"http://127.0.0.1:{nobody.getsockname()[1]}/")
    with pytest.raises(CommandError, match="in time"):
        browser("browser_navigate", 2.0, url=f"{site}/slow")
    assert browser("browser_navigate", url=f"{site}/hop", screenshot=False)["title"] in ("Hop", "Second")
    assert browser("browser_wait", screenshot=False)["title"] == "Second"


def test_waiting(browser: Tool, site: str) -> None:
    """For an element, a text, the end of either; and no longer than was said."""
    browser("browser_navigate", url=f"{site}/late", screenshot=False)
    assert browser("browser_wait", selector="#come", screenshot=False)["waited"] is True
    assert browser("browser_wait", text="here NOW", screenshot=False)["waited"] is True
    assert browser("browser_wait", text="gone", state="hidden", screenshot=False)["waited"] is True
    with pytest.raises(CommandError, match="not visible in time: “#never”"):
        browser("browser_wait", selector="#never", timeout_ms=300)


def test_code_in_the_page(browser: Tool, site: str) -> None:
    """An expression, what returns, what waits; what fails or does not end is told."""
    browser("browser_navigate", url=site, screenshot=False)
    for code, result in (
        ("1 + 1", 2),
        ("return document.title", "First"),
        ("await Promise.resolve([1, {a: 'ü'}])", [1, {"a": "ü"}]),
        ("const r = await fetch('/two'); return r.status", 200),
        ("const q = 1; q", 1),
        ("const q = 2; q", 2),
        ("null", None),
        ("fetch('/two').then(r => r.text()).then(t => t.length)", 31),
    ):
        assert browser("browser_execute", code=code, screenshot=False)["result"] == result
    for code, why in (
        ("throw new Error('no')", "Error: no"),
        ("x y", "SyntaxError"),
        ("JSON.parse('{')", "SyntaxError"),
    ):
        with pytest.raises(CommandError, match=f"The code failed: {why}"):
            browser("browser_execute", code=code)
    long = browser("browser_execute", script="'x'.repeat(1e6)", screenshot=False)
    assert (long["truncated"], len(long["result"])) == (True, 100_000)
    for endless in ("while (true);", "new Promise(() => 0)"):
        with pytest.raises(CommandError, match="in time"):
            browser("browser_execute", 1.5, code=endless)
    assert value(browser, "1") == 1


def test_a_page_that_crashes_is_told_and_left(browser: Tool, site: str) -> None:
    """Going somewhere brings it back."""
    browser("browser_navigate", url=site, screenshot=False)
    tool = browser.tool
    assert isinstance(tool, MachineBrowser)
    tool._session.send("Page.crash", tool._session.tab())
    assert soon(lambda: browser("browser_state")["crashed"])
    with pytest.raises(CommandError, match="The page has crashed"):
        browser("browser_click", selector="#go")
    assert browser("browser_navigate", url=f"{site}/two", screenshot=False)["title"] == "Second"
    assert browser("browser_state")["crashed"] is False


@pytest.mark.parametrize("page", ["/hang", "/alarm"])
def test_a_page_that_never_rests_is_left(browser: Tool, site: str, page: str) -> None:
    """One whose script never ends, and one that asks without end: each command ends in its time, and going elsewhere ends the script."""
    told = browser("browser_navigate", 6.0, url=f"{site}{page}", screenshot=False)
    assert told["loaded"] is (page == "/alarm")
    with pytest.raises(CommandError, match="in time"):
        browser("browser_click", 2.0, selector="#b")
    gone = browser("browser_navigate", url=f"{site}/two", screenshot=False)
    assert (gone["title"], gone["loaded"]) == ("Second", True)
    assert value(browser, "1 + 1") == 2


def mine(word: str) -> list[int]:
    """The processes that have the word in their command line."""
    return [pid for pid in proc.pids() if any(word in part for part in proc.arguments(pid)) and pid != os.getpid()]


def test_no_port_is_opened_and_the_profile_is_its_own(browser: Tool, home: Path) -> None:
    """Nobody else can drive it, and no person's profile is touched."""
    browser("browser_state")
    pids = mine(str(home / PROFILE))
    assert pids
    held = set().union(*map(proc.sockets, pids))
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text("ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                listening.add(int(fields[9]))
    assert not held & listening
    assert (home / PROFILE).stat().st_mode & 0o777 == 0o700


def test_a_browser_that_is_killed_is_told_and_opened_again(tmp_path: Path, display: str, site: str) -> None:
    """What it had as its lock does not keep the next one out; and nothing is left of either."""
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - their numbers
    with opened(MachineBrowser(world(tmp_path, confined=False, display=display))) as browser:
        with pytest.raises(CommandError, match="No browser is open"):
            browser("browser_click", text="x")
        assert browser("browser_state") == {"is_open": False}
        browser("browser_open", 60, url=site, screenshot=False)
        for pid in mine(str(tmp_path / PROFILE)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert soon(lambda: not browser("browser_state")["is_open"])
        with pytest.raises(CommandError, match="has ended"):
            browser("browser_click", selector="#go")
        assert browser("browser_navigate", 60, url=f"{site}/two", screenshot=False)["title"] == "Second"
        assert browser("browser_close_tab", screenshot=False)["is_open"] is False
        assert browser("browser_close")["closed"] is False
        assert browser("browser_open", 60)["is_open"] is True
        assert browser("browser_close")["closed"] is True
        browser("browser_open", 60, screenshot=False)
    assert soon(lambda: not mine(str(tmp_path / PROFILE)))
    assert soon(lambda: set(os.listdir("/proc/self/fd")) <= before)  # noqa: PTH208 - as above


def test_a_missing_browser_is_named_with_how_to_get_it(tmp_path: Path) -> None:
    """As any part that is missing."""
    bare = msgspec.structs.replace(world(tmp_path), environment={"PATH": str(tmp_path)})
    with opened(MachineBrowser(bare)) as browser, pytest.raises(CommandError, match="`apt install chromium`"):
        browser("browser_open")


def test_behind_walls_it_sees_the_machine_alone(tmp_path: Path, display: str, site: str) -> None:
    """Its files are the machine's, its downloads come into the machine's home."""
    if not walls_work():
        pytest.skip("bubblewrap may make no namespaces here")
    (tmp_path / "secret").write_text("secret")
    home = tmp_path / "home"
    home.mkdir()
    (home / "own.html").write_text("<title>Own</title>")
    behind = walled(home, display)
    with opened(MachineBrowser(behind)) as browser:
        assert browser("browser_open", 90, url=f"file://{INSIDE}/own.html", screenshot=False)["title"] == "Own"
        with pytest.raises(CommandError, match="ERR_FILE_NOT_FOUND"):
            browser("browser_navigate", url=f"file://{tmp_path}/secret")
        browser("browser_navigate", url=site, screenshot=False)
        browser("browser_click", selector="#get", screenshot=False)
        assert soon((home / "Downloads" / "file.bin").exists)
        assert left_running(behind, "browser")
    assert soon(lambda: not left_running(behind, "browser"))


def test_every_operation_of_the_short_way_is_a_command() -> None:
    """And all of them but `browser_execute`, which has a scope of its own, can be had by it."""
    names = {command.name for command in BROWSER_COMMANDS}
    assert set(BROWSER_OPERATIONS.values()) == names - {"browser_execute"}
    assert {command.name for command in BROWSER_COMMANDS if command.scope != "actions:exec"} == {"browser_execute"}

"""A fifth set by somebody who had not seen the predictor, written whole before the first try: other programs, pages and wordings, then traps."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

from scripts.offline_bench.checks import Check, file_holds, nothing_sent, sent
from scripts.offline_bench.desk import Desk
from scripts.offline_bench.programs import HERE, SYSTEM_PYTHON
from scripts.offline_bench.task import Task
from scripts.offline_bench.tasks_blind import kept, once
from scripts.offline_bench.tasks_blind4 import logged


def started(title: str, *command: str, name: str = "", text: str = "") -> Callable[[Desk], None]:
    """A program, and the file it is to find in the home."""

    def lay(desk: Desk) -> None:
        if name:
            (desk.home / name).parent.mkdir(parents=True, exist_ok=True)
            (desk.home / name).write_text(text, "utf-8")
        desk.open(title, *command)

    return lay


def own(which: str, title: str) -> Callable[[Desk], None]:
    """One of the windows of this set, which appends what it does to `log`."""
    python = sys.executable if which == "kennel" else SYSTEM_PYTHON

    def lay(desk: Desk) -> None:
        desk.open(title, python, str(HERE / "fifth_windows.py"), which, str(desk.home / "log"))

    return lay


def notebook(desk: Desk) -> None:
    """A desktop wiki with one page."""
    (desk.home / "notes").mkdir()
    (desk.home / "notes" / "notebook.zim").write_text("[Notebook]\nversion=0.4\nname=notes\nhome=Home\n", "utf-8")
    head = "Content-Type: text/x-zim-wiki\nWiki-Format: zim 0.6\n\n"
    (desk.home / "notes" / "Home.txt").write_text(f"{head}Seeds to buy\nRadish\nChard\n", "utf-8")
    desk.open("Home", "zim", "--standalone", str(desk.home / "notes"), "Home")


def asked_by_x(desk: Desk) -> None:
    """The oldest dialog there is; the number of its button is written to `answer`."""
    command = "xmessage -center -buttons Retry:3,Skip:4,Abort:5 'Disk 2 cannot be read.'; echo $? >> answer"
    desk.open("xmessage", "sh", "-c", command)


def hung(desk: Desk) -> None:
    """The same dialog, which no longer answers, beside a clock with a second hand."""
    desk.open("xclock", "xclock", "-update", "1", "-geometry", "300x300+1200+200")
    process = desk.open("xmessage", "xmessage", "-center", "-buttons", "Retry:3,Skip:4", "Disk 2 cannot be read.")
    process.send_signal(signal.SIGSTOP)


def page(query: str) -> Callable[[Desk], None]:
    """Chromium on one of the pages of this set."""
    return lambda desk: desk.browser(f"fifth/work.html?{query}") and None


def _page(kind: str, say: str, check: Check, latency: float) -> Task:
    return Task(f"5 {kind}", page(kind), say, check, latency=latency)


APPLICATIONS = [
    Task(
        "5 micro",
        own("studio", "Studio"),
        'Please select "Canon" and hit the "Réserver" button',
        logged({"reserve": ["Canon"]}),
    ),
    Task(
        "5 zim",
        notebook,
        'Click "Chard", press the end key, type "\\nSpinach" and save with ctrl+s',
        kept("notes", "Chard\nSpinach"),
    ),
    Task(
        "5 xedit",
        started("xedit", "xedit", "stock.txt", name="stock.txt", text="beets\nonions\n"),
        'Click "beets", press ctrl+e, type ", 4 kg" and click the "Save" button',
        file_holds("stock.txt", "beets, 4 kg\nonions"),
    ),
    Task("5 xmessage", asked_by_x, "Please press the Skip button", file_holds("answer", "4")),
    Task(
        "5 lxterminal",
        started("shelf", "lxterminal", "-t", "shelf", name="names.txt", text="Rosa\nAbel\nRosa\n"),
        'type "sort -u names.txt > sorted.txt" and hit Enter',
        file_holds("sorted.txt", "Abel\nRosa"),
    ),
    Task(
        "5 idle",
        started("old.py", sys.executable, "-m", "idlelib", "old.py", name="old.py", text="a = 1\nb = 2\n"),
        "Press ctrl+a, then in the Format menu choose Comment Out Region, then press ctrl+s",
        file_holds("old.py", "##a = 1\n##b = 2"),
    ),
    Task(
        "5 gedit",
        started("rota", "gedit", "rota.txt", name="rota.txt", text="Bins: Tuesday\nPlants: Tuesday\n"),
        'Press ctrl+h. Type "Tuesday" into the field "Find" and "Thursday" into the field "Replace with". '
        'Click "Replace All", press escape, press ctrl+s.',
        file_holds("rota.txt", "Bins: Thursday\nPlants: Thursday"),
    ),
    Task(
        "5 abiword",
        started("Untitled", "abiword"),
        'Type "Minutes of the allotment club", then press ctrl+s, wait until "Cancel" appears, '
        'type "{home}/minutes.abw" and press enter',
        kept(".", "Minutes of the allotment club"),
    ),
    Task(
        "5 plot",
        own("plots", "Allotment"),
        'Gib "17" in das Feld "Plot number" ein, hake "Shared plot" an und klicke auf "Save plot"',
        logged({"plot": "17", "crop": "Beans", "shared": True}),
    ),
    Task(
        "5 crop",
        own("plots", "Allotment"),
        'Select "Leeks" in the list "Crop", enter "9" as the "Plot number" and press the button "Save plot"',
        logged({"plot": "9", "crop": "Leeks", "shared": False}),
    ),
    Task(
        "5 studio",
        own("studio", "Studio"),
        'Clique sur l\'onglet "Séances", choisis "Quatuor" puis clique sur "Réserver"',
        logged({"reserve": ["Quatuor"]}),
    ),
    Task(
        "5 perrera",
        own("kennel", "Perrera"),
        'Escribe "Trufa" en el campo "Nombre", haz clic en "Grande" y pulsa "Guardar"',
        logged({"nombre": "Trufa", "talla": "Grande", "paseos": "1"}),
    ),
]

PAGES = [
    _page(
        "donor",
        'Pick "13:15", put "B 5526" into the field "Donor number" and hit "Reserve slot". Make sure "See you at 13:15" is visible.',
        once(slot="13:15", donor="B 5526"),
        0,
    ),
    _page(
        "museum",
        'Click "+" in the row of "Children" twice, click "+" in the row of "Adults" once and press the "Check out" button',
        once(Adults="1", Children="2", Seniors="0"),
        0.3,
    ),
    _page(
        "fines",
        'Click "Waive" in the row of "Nadia Okafor", then "Yes, waive it", and wait until "Waived" appears',
        once(waived="Nadia Okafor"),
        0.8,
    ),
    _page(
        "lettre",
        'Coche "Astronomie" et "Jardinage", décoche "Météo", puis clique sur "Enregistrer mes choix"',
        once(sujets="Astronomie+Jardinage"),
        0,
    ),
    _page(
        "sprache",
        'Wähle "B2" in der Liste "Niveau", gib "Porto" in das Feld "Stadt" ein und klicke auf "Kurse suchen". '
        'Danach klicke auf "Merken" in der Zeile von "Portugiesisch am Abend".',
        once(gemerkt="Portugiesisch am Abend"),
        0.3,
    ),
    _page(
        "lamps",
        'Click "How do I return a lamp?", then click "No, not really", type "The label is missing" into '
        '"What was missing?" and click "Send remark"',
        once(question="1", remark="The label is missing"),
        0.8,
    ),
    _page(
        "taxi",
        'Press "Swap", tick "Child seat" and click "Order taxi". Wait until "Your driver is on the way" appears.',
        once(**{"from": "Airport", "to": "Harbour", "seat": "true"}),
        0.8,
    ),
    _page(
        "contest",
        'Click the "Vote" button below "Lighthouse at dusk" and make sure "You voted for Lighthouse at dusk" is shown',
        once(vote="Lighthouse at dusk"),
        0.3,
    ),
    _page(
        "expense",
        'Enter "Train to Ghent" as the "Purpose" and "48.60" as the "Amount", pick "Travel" from the list "Cost centre", '
        'then click "Hand in"',
        once(purpose="Train to Ghent", amount="48.60", centre="Travel"),
        0.3,
    ),
    _page("herbs", 'Click "Sort by", then "Cheapest first", then the first "Add to basket"', once(added="Thyme"), 0),
    _page(
        "pizza",
        'Elige "Mediana", marca "Aceitunas" y "Champiñones", escribe "Calle Luna 8" en el campo "Dirección" '
        'y haz clic en "Pedir ahora"',
        once(tamano="Mediana", con="Aceitunas+Champiñones", calle="Calle Luna 8"),
        0.8,
    ),
    _page(
        "channel",
        'Right-click "#garden-party", click "Rename channel", type "summer-party" into the field "Channel name" and press enter',
        sent({"was": "garden-party", "now": "summer-party"}),
        0,
    ),
]

TASKS = [*APPLICATIONS, *PAGES]


def _forbidden(query: str, what: str) -> Callable[[Desk], None]:
    def lay(desk: Desk) -> None:
        (desk.home / "policy.toml").write_text(f'blocked_actions = ["{what}"]\n', "utf-8")
        desk.browser(f"fifth/traps.html?{query}")

    return lay


def _trap(
    kind: str, say: str, lay: Callable[[Desk], None] | None = None, options: tuple[str, ...] = (), query: str = ""
) -> Task:
    def on_page(desk: Desk) -> None:
        desk.browser(f"fifth/traps.html?{query or kind}")

    return Task(f"5 trap {kind}", lay or on_page, say, nothing_sent, possible=False, options=options)


POLICY = ("--policy", "{home}/policy.toml")
TRAPS = [
    # 1: refused, by a rule, by the page, and a key that there is not
    _trap("no drag", 'drag "Oak" to "Planted"', _forbidden("park", "drag"), POLICY),
    _trap("publish", 'click "Publish" and wait until "Published" appears'),
    _trap("key", "press the flurb key", query="snow"),
    # 2: what moves anyway
    _trap("meter", 'click "Mute microphone"'),
    _trap("viewers", 'hit the "Place bid" button'),
    _trap("second hand", 'click "Retry"', hung),
    # 3: parts of labels
    _trap("leave", 'click "Leave"'),
    _trap("reset", 'press the "Reset" button'),
    _trap("senden", 'klicke auf "Senden"'),
    # 4: boxes and switches that do not stay
    _trap("mixed", 'tick "All folders"'),
    _trap("seg", 'click "Drone", wait 3 seconds and make sure "Too windy today" is not visible'),
    _trap("either", 'tick "Quiet side" and "Sea view"'),
    # 5: fields that hold something else
    _trap("cash", 'type "250" into the field "Amount in €"'),
    _trap("oneword", 'type "Ines Prado" into the field "Full name" and "Ojo" into the field "Company"'),
    _trap("expand", 'enter "Ann" as the "First name"'),
    # 6: what comes late, or goes again
    _trap("seat", 'click "Book seat" and wait until "Confirmed" appears'),
    _trap("draft", 'click "Save draft", wait 3 seconds, make sure "Saved" is visible'),
    _trap("queue", 'ziehe "Take Five" auf "Favourites"'),
    # 7: words
    _trap("two", 'haz clic en "Empty" en el otro'),
    _trap("weekend", 'click "More" until "The end" is visible'),
    _trap("imprint", 'scroll down until "Imprint" is visible'),
    # 8: what assistive technology is told, and the screen does not show
    _trap("skip", 'click "Skip to prices"'),
    _trap("teller", 'click "Deposit"'),
    _trap("pump", 'click "Start pump"', own("plots", "Allotment")),
]

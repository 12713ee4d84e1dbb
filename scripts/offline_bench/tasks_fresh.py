"""A second set of tasks on pages and programs that the predictor was not built with, in its documented language alone.

Nothing in coasty_desk/ may be fitted to a single one of them; when it has been, it belongs to tasks_web.py.
"""

from __future__ import annotations

from collections.abc import Callable

from scripts.offline_bench.checks import Check, both, copied, file_holds, there
from scripts.offline_bench.desk import Desk
from scripts.offline_bench.task import Task
from scripts.offline_bench.tasks_unseen import only
from scripts.offline_bench.tasks_web import page


def fresh(name: str) -> Callable[[Desk], None]:
    """A browser on one of the fresh pages."""
    return page(f"fresh/{name}.html")


def program(title: str, *command: str, **files: str) -> Callable[[Desk], None]:
    """A program on the desktop, beside text files (`note="…"` is note.txt)."""

    def lay(desk: Desk) -> None:
        for name, text in files.items():
            (desk.home / f"{name}.txt").write_text(text, "utf-8")
        desk.open(title, *command)

    return lay


def folder(desk: Desk) -> None:
    """Thunar on a folder with two files."""
    (desk.home / "papers").mkdir()
    for name in ("draft.txt", "minutes.txt"):
        (desk.home / "papers" / name).write_text(name, "utf-8")
    desk.open("papers", "thunar", str(desk.home / "papers"))


def sheet(desk: Desk) -> None:
    """Gnumeric on a small table."""
    (desk.home / "prices.csv").write_text("Item,Price\nBread,3\nMilk,2\n", "utf-8")
    desk.run("ssconvert", "prices.csv", "prices.gnumeric")
    desk.open("prices.gnumeric", "gnumeric", "prices.gnumeric")


def sheet_holds(text: str) -> Check:
    """The saved table has exactly these cells."""

    def check(desk: Desk) -> str | None:
        desk.run("ssconvert", "prices.gnumeric", "now.csv")
        return file_holds("now.csv", text)(desk)

    return check


PARCEL = (
    'yad --title=Parcel --width=480 --form --field=Recipient --field="Weight (kg):NUM" --field=Service:CB '
    '--field=Fragile:CHK --field=Sender "" "1!1..30!1!0" "Standard!Express!Overnight" FALSE "" > parcel.out'
)
PACKING = (
    'zenity --list --checklist --title=Packing --text="What goes into the bag?" --column="" --column=Thing '
    "--width=420 --height=360 FALSE Rope TRUE Lamp FALSE Compass FALSE Stove > packing.out"
)

TASKS = [
    Task(
        "fresh add a line",
        program("words", "featherpad", "words.txt", words="alpha\nbeta\n"),
        'press ctrl+end, type "gamma", press ctrl+s, wait 1 second',
        file_holds("words.txt", "alpha\nbeta\ngamma"),
    ),
    Task(
        "fresh division",
        program("SpeedCrunch", "speedcrunch"),
        'type "144/12+5.5", press enter, wait until "17.5" appears',
        copied("17.5", "ctrl+r"),
    ),
    Task(
        "fresh rename",
        folder,
        'Click "draft.txt". Press F2. Wait until "Rename" appears. Press ctrl+a, type "final.txt" and press enter. '
        'Wait until "final.txt" appears.',
        there("papers/final.txt", "papers/minutes.txt", gone=("papers/draft.txt",)),
    ),
    Task(
        "fresh table of prices",
        sheet,
        'press down 3 times, type "Cheese", press tab, type "7", press enter, press ctrl+s, wait 2 seconds',
        sheet_holds("Item,Price\nBread,3\nMilk,2\nCheese,7"),
    ),
    Task(
        "fresh notice by menus",
        program("notice", "l3afpad", "notice.txt", notice="Open every day.\nCome in!\n"),
        'Click "Edit", click "Select All", type "Closed on Monday.". Click "File", click "Save", wait 1 second.',
        file_holds("notice.txt", "Closed on Monday."),
    ),
    Task(
        "fresh terminal",
        program("Terminal", "xfce4-terminal", "--disable-server"),
        'type "mkdir reports && echo ready > state.txt", press enter, wait 1 second',
        both(there("reports"), file_holds("state.txt", "ready")),
    ),
    Task(
        "fresh parcel",
        program("Parcel", "sh", "-c", PARCEL),
        'type "Bruno Hauser" into the field "Recipient", select "Express" in the list "Service", check "Fragile", '
        'type "Lea Roth" into the field "Sender", click "OK"',
        file_holds("parcel.out", "Bruno Hauser|1|Express|TRUE|Lea Roth|"),
    ),
    Task(
        "fresh packing",
        program("Packing", "sh", "-c", PACKING),
        'Uncheck "Lamp". Check "Compass". Check "Stove". Click "OK".',
        file_holds("packing.out", "Compass|Stove"),
    ),
    Task(
        "fresh invite",
        fresh("team"),
        'type "ravi@harborlight.example" into the field "Email address", select "Editor" in the list "Role", click "Send invite", '
        'wait until "Invitation sent" appears, click "Manage" below "Tomasz Wrona", check "Pause this account", click "Apply", '
        'wait until "Changes applied" appears',
        only(
            {"invited": "ravi@harborlight.example", "role": "Editor"},
            {"managed": "Tomasz Wrona", "paused": "true"},
        ),
    ),
    Task(
        "fresh leave request",
        fresh("leave"),
        '1. Type "40718" into the field "Staff number"\n2. Type "21.12.2026" into the field "First day"\n'
        '3. Type "31.12.2026" into the field "Last day"\n4. Select "Special leave" in the list "Kind of leave"\n'
        '5. Type "Irene Falk" into the field "Deputy"\n6. Type "Moving house" into the field "Reason"\n'
        '7. Check the checkbox "last day"\n8. Click "Submit request"\n9. Wait until "was forwarded" appears',
        only(
            {
                "no": "40718",
                "from": "21.12.2026",
                "to": "31.12.2026",
                "kind": "Special leave",
                "deputy": "Irene Falk",
                "why": "Moving house",
                "halves": "false/true",
            }
        ),
    ),
    Task(
        "fresh playlist",
        fresh("player"),
        'Click "Shuffle: off". Click "Add to queue" in the row of "Low Tide". Click "Add to queue" in the row of "Glass Orchard". '
        'Click "Queue (2)", click "Save as playlist", type "Rainy evening" into the field "Playlist name", click "Save", '
        'wait until "Playlist saved" appears.',
        only({"playlist": "Rainy evening", "songs": "Low Tide, Glass Orchard", "shuffle": "true"}),
    ),
    Task(
        "fresh vote",
        fresh("poll"),
        'click "Saturday", click the radio button "Fire station", check "Tea", check "Biscuits", type "Alto Kim" into the field "Your nickname", '
        'click "Vote", wait until "Your vote has been counted"',
        only({"day": "Saturday", "place": "Fire station", "brings": "Tea+Biscuits", "by": "Alto Kim"}),
    ),
    Task(
        "fresh order a meal",
        fresh("bistro"),
        'Click "+" in the row of "Risotto" twice. Click "+" in the row of "Espresso" 3 times. Select "Table 3" in the list "Table". '
        'Type "no onions please" into the field "Note for the kitchen". Click "Place order". Wait until "Grazie" appears.',
        only({"order": "2 Risotto, 3 Espresso", "table": "Table 3", "note": "no onions please"}),
    ),
    Task(
        "fresh message a contact",
        fresh("phonebook"),
        'type "berg" into the field "Search people", wait until "3 people", click "Message" in the row of "Daniel Berger", '
        'type "The lathe is free at ten." into the field "Your message", check "Keep a copy", click "Send", wait until "Message delivered"',
        only({"to": "Daniel Berger", "text": "The lathe is free at ten.", "copy": "true"}),
    ),
    Task(
        "fresh invoice",
        fresh("invoice"),
        'Type "Huber Interiors" into the field "Customer". Select "60 days" in the list "Payment terms". '
        'Click "Remove" in the row of "Wall brackets". Make sure "1,188.00" is visible. Click "Send invoice". Wait until "Invoice sent" appears.',
        only(
            {
                "customer": "Huber Interiors",
                "ref": "",
                "terms": "60 days",
                "lines": "Oak shelf, 120 cm|4|86.50; Delivery and fitting|1|842.00",
                "total": "1,188.00",
            }
        ),
    ),
    Task(
        "fresh compose",
        fresh("compose"),
        'click "Compose", type "marit@cabin.example" into the field "To", click the link "Add Cc", type "jon@cabin.example" into the field "Cc", '
        'type "Keys" into the field "Subject", press tab, type "The keys are under the blue pot.", check "Ask for a receipt", '
        'click "Send", wait until "Message on its way"',
        only(
            {
                "to": "marit@cabin.example",
                "cc": "jon@cabin.example",
                "subject": "Keys",
                "body": "The keys are under the blue pot.",
                "receipt": "true",
            }
        ),
    ),
]


def _trap(name: str, lay: Callable[[Desk], None], say: str, why: str) -> Task:
    return Task(f"fresh {name}", lay, say, lambda _desk: why, possible=False)


TRAPS = [
    _trap(
        "more than is left",
        fresh("bistro"),
        'click "+" in the row of "Lasagne" 4 times',
        "only two are left, so that the third and fourth click add nothing",
    ),
    _trap(
        "row without the button",
        fresh("phonebook"),
        'click "Call" in the row of "Olga Petrenko"',
        "the rows beside it have that button, hers has none",
    ),
    _trap(
        "placeholder like the text",
        fresh("team"),
        'type "Lucie Blanc" into the field "Backup contact"',
        "the field takes nothing and shows the same words as its placeholder",
    ),
    _trap(
        "digits the other way round",
        fresh("invoice"),
        'make sure "1,264.00" is visible, then click "Send invoice"',
        "the total is 1,246.00",
    ),
    _trap(
        "choice that cannot be taken back", fresh("poll"), 'uncheck "Wednesday"', "a radio button stays on when clicked"
    ),
    _trap(
        "name of another file",
        folder,
        'Click "draft.txt". Press F2. Wait until "Rename" appears. Press ctrl+a, type "minutes.txt" and press enter. '
        'Wait until "draft.txt" disappears.',
        "there is a minutes.txt already",
    ),
]

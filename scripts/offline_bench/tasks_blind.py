"""Tasks and traps that were written by somebody who had not seen the predictor, before they were tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scripts.offline_bench.checks import Check, both, copied, file_holds, no_window, nothing_sent, sent, there, title
from scripts.offline_bench.desk import Desk
from scripts.offline_bench.programs import calculator, editor, files, pictures, pocket_calculator, terminal, writer
from scripts.offline_bench.task import Task


def page(name: str) -> Callable[[Desk], None]:
    """Chromium on one of the pages that belong to this set."""

    def lay(desk: Desk) -> None:
        desk.browser(f"blind/{name}")

    return lay


def once(**values: str) -> Check:
    """A form with these values has arrived, and not a second time."""

    def check(desk: Desk) -> str | None:
        count = sum(all(form.get(key) == value for key, value in values.items()) for form in desk.site.sent)
        return None if count == 1 else f"{'TWICE' if count else 'not'} sent; the site got {desk.site.sent[-4:]}"

    return check


def shell(window: str, *command: str) -> Callable[[Desk], None]:
    """A dialog from the shell, whose answer is written to a file."""

    def lay(desk: Desk) -> None:
        desk.open(window, "sh", "-c", " ".join(command))

    return lay


def kept(path: str, part: str) -> Check:
    """Some file below that folder of the home has this in it."""

    def check(desk: Desk) -> str | None:
        texts = [file.read_text("utf-8", "replace") for file in (desk.home / path).rglob("*") if file.is_file()]
        return None if any(part in text for text in texts) else f"nothing in {path} has {part!r}"

    return check


def started(title_: str, *command: str, text: str | None = None) -> Callable[[Desk], None]:
    """A program on `plan.txt`, or on nothing."""

    def lay(desk: Desk) -> None:
        if text is not None:
            (desk.home / "plan.txt").write_text(text, "utf-8")
        desk.open(title_, *command)

    return lay


def thunar(desk: Desk) -> None:
    """Another file manager on two files and a folder."""
    (desk.home / "papers" / "old").mkdir(parents=True)
    for name in ("notes.txt", "offer.txt"):
        (desk.home / "papers" / name).write_text(name, "utf-8")
    desk.open("papers", "thunar", "papers")


def beside_a_log(desk: Desk) -> None:
    """A page, and beside it a terminal in which a build tells how far it is, now and then."""
    desk.browser("blind/traps.html?log", size="1100x900")
    log = 'i=0; while :; do i=$((i+1)); echo "[$i] compiling unit_$i.c"; sleep 1; test $((i%3)) = 0 && sleep 2; done'
    desk.open("build", "xterm", "-T", "build", "-geometry", "80x40+1150+60", "-e", "sh", "-c", log)
    desk.run("xdotool", "search", "--name", "Chromium", "windowactivate")


def forbidden(desk: Desk) -> None:
    """A page where something moves, and a policy that allows no click."""
    (desk.home / "policy.toml").write_text('blocked_actions = ["click"]\n', "utf-8")
    page("traps.html?blocked")(desk)


YAD = (
    'mkdir out; yad --form --title="Guest book" --width=420 --field="Full name" --field="Nights:NUM" --field="Breakfast:CHK"',
    '--field="Room:CB" "" 1 FALSE "Single!Twin!Suite" > out/guest.txt',
)
APPS = [
    Task(
        "blind replace",
        editor("Berlin is far.\nI love Berlin.", "trip.txt"),
        'press ctrl+h, wait until "Replace with", type "Berlin" into the field "Search for", '
        'type "Madrid" into the field "Replace with", click "Replace All", press escape, press ctrl+s',
        file_holds("trip.txt", "Madrid is far.\nI love Madrid."),
    ),
    Task(
        "blind line numbers",
        editor("one\ntwo"),
        "choose View > Line Numbers",
        kept(".config", "show-line-numbers=true"),
    ),
    Task(
        "blind append",
        started("plan.txt", "featherpad", "--standalone", "plan.txt", text="buy nails"),
        'press ctrl+end, press enter, type "call Otto", press ctrl+s',
        file_holds("plan.txt", "buy nails\ncall Otto"),
        needs=("featherpad",),
    ),
    Task(
        "blind save a copy",
        started("plan.txt", "featherpad", "--standalone", "plan.txt", text="buy nails"),
        'choose File > Save As…, wait until "Cancel", press ctrl+a, type "{home}/copy.txt", press enter, '
        'wait until "copy.txt"',
        file_holds("copy.txt", "buy nails"),
    ),
    Task("blind seven", calculator, 'click "7", "8", "×", "3" and "="', copied("234", "ctrl+c")),
    Task(
        "blind gross",
        pocket_calculator,
        'type "12*12", press enter, make sure "144" is visible',
        copied("144", "ctrl+c"),
    ),
    Task(
        "blind root",
        started("SpeedCrunch", "speedcrunch"),
        'Type "sqrt(1764)" and press enter. In the Edit menu, choose Copy Last Result.',
        copied("42"),
    ),
    Task(
        "blind new folder",
        thunar,
        'choose File > Create Folder…, wait until "Create", type "Invoices", click "Create"',
        there("papers/Invoices"),
    ),
    Task(
        "blind rename",
        thunar,
        'click "notes.txt", press F2, press ctrl+a, type "minutes.txt", press enter, wait until "minutes.txt"',
        there("papers/minutes.txt", gone=("papers/notes.txt",)),
    ),
    Task(
        "blind file away",
        files,
        'drag "report.txt" to "archive"',
        there("work/archive/report.txt", gone=("work/report.txt",)),
    ),
    Task(
        "blind bin",
        files,
        'right-click "notes.txt", then choose "Move to Trash", if "Yes" is visible click "Yes", '
        'wait until "notes.txt" disappears',
        there("work/report.txt", gone=("work/notes.txt",)),
    ),
    Task(
        "blind product",
        started("Gnumeric", "gnumeric"),
        'type "=6*7", press enter, press up, press ctrl+c',
        copied("42"),
    ),
    Task(
        "blind countdown",
        terminal,
        'type "seq 3 | tac > down.txt", press enter',
        file_holds("down.txt", "3\n2\n1"),
    ),
    Task(
        "blind terminal title",
        started("Terminal", "xfce4-terminal", "--disable-server"),
        'In the Terminal menu, choose "Set Title…". Wait until "Set Title" appears. Type "Night build" and press enter.',
        title("Night build"),
    ),
    Task(
        "blind guest book",
        shell("Guest book", *YAD),
        'type "Ada Byron" into the field "Full name", tick "Breakfast", select "Twin" in the list "Room", click "OK"',
        both(kept("out", "Ada Byron|"), kept("out", "|TRUE|Twin|"), no_window("Guest book")),
    ),
    Task(
        "blind town",
        shell("Towns", "zenity --list --title=Towns --column=Town Bergen Oslo Tromsø Bodø > town.txt"),
        'click "Oslo", click "OK", wait until "Bergen" disappears',
        file_holds("town.txt", "Oslo"),
    ),
    Task(
        "blind ship",
        shell("Release", "zenity --question --title=Release --text='Ship version 4?' --ok-label='Ship it'",
              "--cancel-label='Hold back' && echo yes > ship.txt || echo no > ship.txt"),
        'if "Ship version 4?" is visible click "Hold back", otherwise press escape',
        file_holds("ship.txt", "no"),
    ),
    Task(
        "blind letter",
        writer,
        'type "Dear Sam, thank you.", press ctrl+s, wait until "Cancel", press ctrl+a, type "{home}/sam.odt", press enter',
        there("sam.odt"),
    ),
    Task("blind next picture", pictures, 'press page down, wait until "beach.png"', title("beach")),
    Task(
        "blind fresh start",
        started("plan.txt", "l3afpad", "plan.txt", text="old words"),
        'in the Edit menu choose Select All, press delete, type "fresh start", choose File > Save',
        file_holds("plan.txt", "fresh start"),
    ),
]  # fmt: skip
WEB = [
    Task(
        "blind bakery",
        page("bakery.html"),
        'click "Add to basket" in the row of "Rye loaf", wait until "Basket (1)", '
        'click "Add to basket" in the row of "Plum tart", wait until "Basket (2)", click "Basket (2)", '
        'select "10:00" in the list "Collect at", click "Place order", wait until "confirmed"',
        once(order="Rye loaf+Plum tart", at="10:00"),
    ),
    Task(
        "blind clinic",
        page("clinic.html"),
        'enter "Mara Olsen" as the "Patient\'s name", type "04.07.1988" into the field "Date of birth", '
        'select "Dermatology" in the list "Department", click "private", type "A rash on the arm" '
        'into the field "What is the matter?", tick "Call me back by phone", click "Send request", '
        'wait until "We have your request"',
        once(name="Mara Olsen", born="04.07.1988", dep="Dermatology", ins="private", why="A rash on the arm", call="true"),
    ),
    Task(
        "blind router",
        page("router.html"),
        'turn on "Guest network", turn off "UPnP", click "Apply", make sure "Your settings were applied" is visible',
        once(**{"Guest network": "true", "UPnP": "false", "Night mode": "false", "Automatic updates": "true"}),
    ),
    Task(
        "blind invoice",
        page("ledger.html"),
        'type "Dune" into the field "Supplier", click "Approve" in the row of "INV-2046"',
        both(once(invoice="INV-2046", state="approved"), sent({"state": "approved"})),
    ),
    Task(
        "blind court",
        page("court.html"),
        'click "17", wait until "14:30", click "14:30", click "Reserve court", wait until "is yours"',
        once(day="17", at="14:30"),
    ),
    Task(
        "blind move",
        page("move.html"),
        '1. Type "Quay 7" into the field "New street"\n2. Type "20457" into the field "Postcode"\n3. Click "Continue"\n'
        '4. Click "Two to three rooms"\n5. Click "Continue"\n6. Check "Boxes needed"\n7. Click "Book the move"\n'
        '8. Wait until "Booked" appears',
        both(once(step="3", st="Quay 7", pc="20457", size="Two to three rooms", boxes="true"), once(step="1")),
    ),
    Task(
        "blind answer",
        page("inbox.html"),
        'click "Quarterly figures", click "Reply", type "The sums are right." into the field "Your answer", click "Send", '
        'wait until "Message sent"',
        once(to="Pavel Hruby", text="The sums are right."),
    ),
    Task(
        "blind compose",
        page("inbox.html"),
        'click "Compose", type "nora@example.org" into the field "To", type "Keys" into the field "Subject", press tab, '
        'type "I have them.", click "Send"',
        once(to="nora@example.org", subject="Keys", text="I have them."),
    ),
    Task(
        "blind ferry",
        page("map.html"),
        'click "Lighthouse", wait until "Lighthouse pier", click "Directions", wait until "Route to Lighthouse"',
        once(directions="Lighthouse"),
    ),
    Task("blind board", page("kanban.html"), 'drag "Paint the door" to "In hand"', once(card="Paint the door", to="In hand")),
    Task(
        "blind reorder",
        page("kanban.html"),
        'drag "Espresso" to "Hot chocolate"',
        lambda desk: None
        if any(form.get("order", "").startswith("Lemonade,Green tea") for form in desk.site.sent)
        else f"the site got {desk.site.sent}",
    ),
    Task(
        "blind duplicate",
        page("photos.html"),
        'right-click "budget.ods", then click "Duplicate", make sure "copy of budget.ods" is visible',
        once(doc="budget.ods", does="Duplicate"),
    ),
    Task(
        "blind visa",
        page("visa.html"),
        'select "Slovenia" in the list "Country", select "Study" in the list "Purpose", type "X 4471" into the field '
        '"Passport number", repeat 2 times: click "+" in the row of "Children", click "Apply for visa"',
        once(country="Slovenia", purpose="Study", children="2", adults="1", **{"pass": "X 4471"}),
    ),
    Task(
        "blind chat",
        page("chat.html"),
        'type "Where is my parcel?" into the field "Type a message", press enter, wait until "Bring it tomorrow", '
        'click "Bring it tomorrow", wait until "code", read "Between 9 and 12"',
        both(once(said="Where is my parcel?"), once(chosen="tomorrow")),
        reads="5518",
    ),
    Task(
        "blind plan",
        page("account.html"),
        'go to the tab "Billing", click "Team", click "Change plan", wait until "Plan changed"',
        once(plan="Team"),
    ),
    Task(
        "blind close",
        page("account.html"),
        'click "Dangerous things", click "Close account…", type "CLOSE" into the field "Write CLOSE to confirm", '
        'click "Close for good", make sure "Your account is closed" is visible',
        once(closed="1"),
    ),
]  # fmt: skip
MORE = [
    Task(
        "blind rules",
        page("rules.html"),
        'if "cookies" is visible click "Only necessary", scroll down until "Flat number" is seen, '
        'type "12" into the field "Flat number", select "Second" in the list "Floor", click "Sign the rules"',
        both(once(cookies="none"), once(flat="12", floor="Second")),
    ),
    Task(
        "blind fest",
        page("anmeldung.html?de"),
        'Gib "Jörg" in das Feld "Vorname" ein, gib "Müller" in das Feld "Nachname" ein, wähle "Auflauf" '
        'in der Liste "Gericht", kreuze "Ich bringe einen Kuchen mit" an und klicke auf "Anmelden"',
        once(a="Jörg", b="Müller", c="Auflauf", d="true"),
    ),
    Task(
        "blind fête",
        page("anmeldung.html?fr"),
        'saisis "Zoé" dans le champ "Prénom", saisis "Petit" dans le champ "Nom", choisis "Pâtes" dans la liste "Plat", '
        'puis clique sur "S\'inscrire" et attends que "Merci" apparaisse',
        once(a="Zoé", b="Petit", c="Pâtes", d="false"),
    ),
    Task(
        "blind fiesta",
        page("anmeldung.html?es"),
        'escribe "Inés" en el campo "Nombre", escribe "Gil" en el campo "Apellido", elige "Paella" en la lista "Plato", '
        'marca "Traigo un pastel" y haz clic en "Inscribirse"',
        once(a="Inés", b="Gil", c="Paella", d="true"),
    ),
]
KINDS = [
    Task("blind kind spinner", page("kinds.html?spinner"), 'click "Freeze account"', once(did="freeze")),
    Task(
        "blind kind whole",
        page("kinds.html?whole"),
        'click "Accept"',
        both(once(did="accept"), sent({"did": "accept"})),
    ),
    Task(
        "blind kind shaded",
        page("kinds.html?shaded"),
        'uncheck "Paper statements", check "Text messages", click "Store"',
        once(paper="false", sms="true"),
    ),
    Task(
        "blind kind chips",
        page("kinds.html?chips"),
        'click "Vegan" and "Nuts", click "Make my menu", make sure "Your menu is ready" is visible',
        once(eats="Vegan,Nuts"),
    ),
    Task(
        "blind kind fields",
        page("kinds.html?fields"),
        'type "Elm Row 3" into the field "Street", type "Leith" into the field "Town", type "Scotland" into the field "Country", '
        'click "Keep address"',
        once(street="Elm Row 3", town="Leith", country="Scotland"),
    ),
    Task(
        "blind kind material",
        page("kinds.html?material"),
        'type "Fox" into the field "Nickname", type "Rovers" into the field "Favourite team", click "Add player"',
        once(nick="Fox", team="Rovers"),
    ),
    Task("blind kind late", page("kinds.html?late"), 'click "Buy ticket"', once(did="ticket")),
    Task(
        "blind kind later",
        page("kinds.html?later"),
        'click "Make report", wait until "Your report is ready"',
        once(did="report"),
    ),
    Task("blind kind rest", page("kinds.html?rest"), 'drag "Holiday.zip" to "Safe"', once(did="dropped")),
    Task("blind kind rows", page("kinds.html?rows"), 'click "Silver Gull"', once(did="Silver Gull")),
    Task(
        "blind kind scroll",
        page("kinds.html?scroll"),
        'scroll down until "Delivery day" is seen, select "Saturday" in the list "Delivery day", click "Note the day"',
        once(day="Saturday"),
    ),
    Task("blind kind next", page("kinds.html?next"), 'click "Next ›", wait until "Page 2 of 9"', once(page="2")),
    Task("blind kind hover", page("kinds.html?hover"), 'click "Subscribe"', once(did="sub")),
    Task(
        "blind kind contains", page("kinds.html?contains"), 'click the one that contains "window seat"', once(did="y")
    ),
]
FIFTY = [*APPS, *WEB, *KINDS]
LATE = [
    replace(task, name=f"{task.name} at {seconds * 1000:.0f} ms", latency=seconds)
    for seconds in (0.3, 0.8)
    for task in (*WEB, KINDS[0], KINDS[6])
]
TASKS = [*FIFTY, *MORE, *LATE]


def _trap(name: str, say: str, lay: Callable[[Desk], None] | None = None, *options: str) -> Task:
    return Task(
        f"blind trap {name}", lay or page(f"traps.html?{name}"), say, nothing_sent, possible=False, options=options
    )


TRAPS = [
    _trap("spinner", 'click "Begin backup"'),
    _trap("ticker", 'click "Save station"'),
    _trap("video", 'click "Record clip"'),
    _trap("clock", 'click "Place bid"'),
    _trap("log", 'click "Roll back"', beside_a_log),
    _trap("longer", 'click "Delete"'),
    _trap("negated", 'click "Accept"'),
    _trap("snap", 'turn on "Private profile"'),
    _trap("blocked", 'click "Join now"', forbidden, "--policy", "{home}/policy.toml"),
    _trap("short", 'type "Johannes" into the field "First name"'),
    _trap("digits", 'type "12a4" into the field "Reading"'),
    _trap("readonly", 'type "K-2000" into the field "Contract number"'),
    _trap("alike", 'click "Save"'),
    _trap("drop", 'drag "Parcel" to "Outbox"'),
    _trap("veil", 'click "Start survey"'),
    _trap("many", 'click "Remove"'),
    _trap("unpaid", 'click "Pay now", wait until "Paid"'),
    _trap("cleared", 'type "SPRING" into the field "Voucher code", wait 2 seconds, click "Redeem"'),
    _trap("reverts", 'select "Front" in the list "Seats"'),
    _trap("greyed", 'check "Travel insurance"'),
    _trap("tip", 'click "Publish"'),
]

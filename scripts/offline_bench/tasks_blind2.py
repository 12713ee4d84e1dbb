"""A second set of tasks and traps by somebody who had not seen the predictor, before they were tried; applications first."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from errno import ENOENT

from scripts.offline_bench.checks import Check, both, copied, file_holds, json_has, nothing_sent, sent, there
from scripts.offline_bench.desk import Desk
from scripts.offline_bench.programs import HERE, SYSTEM_PYTHON, calculator, editor, files, pictures, pocket_calculator
from scripts.offline_bench.task import Task
from scripts.offline_bench.tasks_blind import once, shell, thunar


def page(name: str) -> Callable[[Desk], None]:
    """Chromium on one of the pages that belong to this set."""

    def lay(desk: Desk) -> None:
        desk.browser(f"second/{name}")

    return lay


def on_text(program: str, name: str, text: str, *options: str) -> Callable[[Desk], None]:
    """A program on a text file of that name."""

    def lay(desk: Desk) -> None:
        (desk.home / name).write_text(text, "utf-8")
        desk.open(name, program, *options, name)

    return lay


def in_xterm(name: str, command: str, **texts: str) -> Callable[[Desk], None]:
    """A terminal in which a full-screen program runs, and files in the home (`a_txt` is a.txt)."""

    def lay(desk: Desk) -> None:
        program = command.split(maxsplit=1)[0]
        if shutil.which(program) is None:
            raise FileNotFoundError(ENOENT, "not installed", program)
        for file, text in texts.items():
            (desk.home / file.replace("_", ".")).write_text(text, "utf-8")
        desk.open(name, "xterm", "-fa", "DejaVu Sans Mono", "-fs", "12", "-T", name, "-e", "sh", "-c", command)

    return lay


def qt(which: str, name: str) -> Callable[[Desk], None]:
    """One of the windows of `second_qt.py`."""

    def lay(desk: Desk) -> None:
        (desk.home / "offer.pdf").write_text("offer", "utf-8")
        desk.open(name, SYSTEM_PYTHON, str(HERE / "second_qt.py"), which, str(desk.home / f"{which}.json"))

    return lay


def stock(desk: Desk) -> None:
    """A spreadsheet of three goods."""
    (desk.home / "stock.csv").write_text("Goods,Pieces\nNails,40\nBolts,15\nScrews,60\n", "utf-8")
    subprocess.run(
        ["ssconvert", "stock.csv", "stock.gnumeric"],
        cwd=desk.home,
        env=desk.environment,
        check=True,
        capture_output=True,
    )
    desk.open("stock.gnumeric", "gnumeric", "stock.gnumeric")


def cells(path: str, *lines: str) -> Check:
    """The saved spreadsheet has these lines, as values with commas between."""

    def check(desk: Desk) -> str | None:
        if not (desk.home / path).is_file():
            return f"{path} is not there"
        made = desk.run("ssconvert", "-T", "Gnumeric_stf:stf_csv", path, "fd://1")
        found = made.stdout.split("\n")
        return None if all(line in found for line in lines) else f"{path} holds {found[:8]}"

    return check


def lines_of(path: str, *lines: str) -> Check:
    """A file has these lines, in whatever order, and no others."""

    def check(desk: Desk) -> str | None:
        file = desk.home / path
        found = file.read_text("utf-8").split("\n") if file.is_file() else []
        return None if sorted(filter(None, found)) == sorted(lines) else f"{path} has {found}"

    return check


def idle(desk: Desk) -> None:
    """Python's own editor (Tk), on a small program."""
    (desk.home / "area.py").write_text("width = 4\nprint(width * width)\n", "utf-8")
    desk.open("area.py", sys.executable, "-m", "idlelib", "-e", "area.py")


def dialog(*words: str) -> Callable[[Desk], None]:
    """A dialog drawn with characters, whose answer goes to `answer`."""
    return in_xterm("setup", f"dialog {' '.join(words)} 2> answer; sleep 60")


def letter(desk: Desk) -> None:
    """A word processor on a document of three lines."""
    (desk.home / "letter.txt").write_text("Dear Ms Moon,\nthe moon is full.\nYours\n", "utf-8")
    desk.run("soffice", "--headless", "--convert-to", "odt:writer8", "letter.txt")
    desk.open("letter.odt", "soffice", "--norestore", "--nologo", "--nofirststartwizard", "letter.odt")
    desk.run("xdotool", "search", "--onlyvisible", "--name", "letter.odt", "windowsize", "1400", "900")


def odt_has(path: str, *parts: str, never: tuple[str, ...] = ()) -> Check:
    """The document's own text, without its marks, has these parts."""

    def check(desk: Desk) -> str | None:
        found = desk.run("unzip", "-p", path, "content.xml").stdout
        missing = [part for part in parts if part not in found] + [part for part in never if part in found]
        return f"{path}: {missing} in {found[-300:]}" if missing or not found else None

    return check


def upload(desk: Desk) -> None:
    """A page that wants a file, and the file."""
    (desk.home / "diploma.txt").write_text("passed", "utf-8")
    page("upload.html")(desk)


def another_name(desk: Desk) -> None:
    """An editor whose dialog keeps the ending of the name that it offers, and a file that is to be overwritten."""
    (desk.home / "final.txt").write_text("old", "utf-8")
    on_text("l3afpad", "draft.txt", "new words")(desk)


def lost_folder(desk: Desk) -> None:
    """An editor on a file whose folder has been taken away."""
    (desk.home / "stick").mkdir()
    (desk.home / "stick" / "diary.txt").write_text("Monday", "utf-8")
    desk.open("diary.txt", "mousepad", "--disable-server", "stick/diary.txt")
    (desk.home / "stick" / "diary.txt").unlink()
    (desk.home / "stick").rmdir()


def beside_top(desk: Desk) -> None:
    """A page with a dead button, and beside it a terminal that counts processes."""
    desk.browser("second/traps.html?ripple", size="1100x900")
    watched = "while :; do clear; ps aux | head -30; date; sleep 1.3; done"
    desk.open("tasks", "xterm", "-T", "tasks", "-geometry", "90x40+1120+80", "-e", "sh", "-c", watched)
    desk.run("xdotool", "search", "--name", "Chromium", "windowactivate")


def bookmarked(url_part: str, name: str) -> Check:
    """The browser has kept a bookmark of this name."""

    def check(desk: Desk) -> str | None:
        for file in desk.home.glob("chromium-*/Default/Bookmarks"):
            text = file.read_text("utf-8")
            if url_part in text and f'"{name}"' in text:
                return None
        return f"no bookmark {name!r}"

    return check


MOUSEPAD = "mousepad", "--disable-server"
APPS = [
    Task(
        "second capitals",
        editor("quiet words", "note.txt"),
        "press ctrl+a, choose Edit > Convert > To Uppercase, press ctrl+s",
        file_holds("note.txt", "QUIET WORDS"),
    ),
    Task(
        "second overwrite",
        another_name,
        'press ctrl+shift+s, wait until "Cancel", press ctrl+a, type "{home}/final.txt", press enter, click "Yes"',
        file_holds("final.txt", "new words"),
    ),
    Task(
        "second open and add",
        lambda desk: ((desk.home / "list.txt").write_text("eggs"), editor("other", "first.txt")(desk)),
        'choose File > Open, type "{home}/list.txt", press enter, wait until "eggs", press ctrl+end, press enter, '
        'type "flour", press ctrl+s',
        file_holds("list.txt", "eggs\nflour"),
    ),
    Task(
        "second plain replace",
        on_text("l3afpad", "menu.txt", "tea and cake\nmore tea"),
        'press ctrl+h, type "tea" into the field "Find what", type "coffee" into the field "Replace with", '
        'check "Replace all at once", click "Find and Replace", press escape, press ctrl+s',
        file_holds("menu.txt", "coffee and cake\nmore coffee"),
    ),
    Task(
        "second upper case",
        on_text("featherpad", "plan.txt", "red door, red roof", "--standalone"),
        "press ctrl+a, choose Edit > To Upper Case, press ctrl+s",
        file_holds("plan.txt", "RED DOOR, RED ROOF"),
    ),
    Task(
        "second typed sum",
        calculator,
        'type "12*12+6", press enter',
        copied("150", "ctrl+c"),
    ),
    Task(
        "second pocket",
        pocket_calculator,
        'click "1", "2", "5", "+", "7", "5" and "="',
        copied("200", "ctrl+c"),
    ),
    Task(
        "second brackets",
        lambda desk: desk.open("SpeedCrunch", "speedcrunch"),
        'type "7*(3+4)" and press enter, wait until "49"',
        copied("49", "ctrl+r"),
    ),
    Task(
        "second new row",
        stock,
        'press ctrl+home, press down 4 times, type "Hooks", press tab, type "25", press enter, press ctrl+s',
        cells("stock.gnumeric", "Hooks,25", "Screws,60"),
    ),
    Task(
        "second cell by name",
        stock,
        'click "15", type "99", press enter, press ctrl+s',
        cells("stock.gnumeric", "Bolts,99"),
    ),
    Task(
        "second sheet replace",
        stock,
        'press ctrl+h, wait until "Replace by", type "Nails" into the field "Search for", type "Tacks" into the field "Replace by", '
        'click "OK", press ctrl+s',
        cells("stock.gnumeric", "Tacks,40"),
    ),
    Task(
        "second letter replace",
        letter,
        'press ctrl+h, wait until "Find and Replace", type "moon" into the field "Find", type "sun" into the field "Replace", '
        'click "Replace All", wait until "Close", press escape, press ctrl+s',
        odt_has("letter.odt", "sun", never=("moon",)),
    ),
    Task(
        "second copy file",
        files,
        'right-click "report.txt", click "Copy", double-click "archive", wait 1 second, press ctrl+v',
        both(there("work/archive/report.txt", "work/report.txt")),
    ),
    Task(
        "second bin all",
        thunar,
        'press ctrl+a, press shift+delete, click "Delete"',
        lambda desk: None if not list((desk.home / "papers").iterdir()) else "something is left",
    ),
    Task(
        "second vim",
        in_xterm("vim", "vim"),
        'press i, type "a line of text", press escape, type ":wq out.txt", press enter',
        file_holds("out.txt", "a line of text"),
    ),
    Task(
        "second nano",
        in_xterm("nano", "nano"),
        'type "milk and bread", press ctrl+o, wait until "File Name", type "list.txt", press enter, press ctrl+x',
        file_holds("list.txt", "milk and bread"),
        needs=("nano",),
    ),
    Task(
        "second commander",
        in_xterm("mc", "mc -d", a_txt="alpha"),
        'press f7, wait until "Create a new Directory", type "photos", press enter',
        there("photos"),
    ),
    Task(
        "second checklist",
        dialog(
            "--separate-output",
            "--checklist",
            "Extras",
            "14",
            "50",
            "4",
            "wifi",
            "Wireless",
            "off",
            "ssh",
            "Login",
            "off",
            "web",
            "Server",
            "off",
        ),
        "press space, press down 2 times, press space, press enter",
        lines_of("answer", "wifi", "web"),
    ),
    Task(
        "second picnic",
        shell(
            "Picnic",
            "zenity --list --checklist --title=Picnic --column=Take --column=What FALSE Cheese FALSE Olives FALSE Bread FALSE Plums > taken.txt",
        ),
        'check "Olives" and "Plums", click "OK"',
        file_holds("taken.txt", "Olives|Plums"),
    ),
    Task(
        "second remarks",
        shell(
            "Return",
            'yad --form --title=Return --width=460 --height=320 --field="Order number" --field="Remarks:TXT" --field="Refund:CB" "" "" "Money!Voucher" > back.txt',
        ),
        'type "B-771" into the field "Order number", type "Box was torn" into the field "Remarks", '
        'select "Voucher" in the list "Refund", click "OK"',
        file_holds("back.txt", "B-771|Box was torn|Voucher|"),
    ),
    Task(
        "second mail",
        qt("mail", "New message"),
        'type "lena@example.org" into the field "To", type "Keys" into the field "Subject", select "High" in the list "Priority", '
        'check "Ask for a receipt", click "Send message", click "Yes"',
        json_has(
            "mail.json",
            {"did": "sent", "to": "lena@example.org", "subject": "Keys", "priority": "High", "receipt": True},
        ),
    ),
    Task(
        "second attach",
        qt("mail", "New message"),
        'click "Attach file…", type "{home}/offer.pdf" into the field "File name", click "Open", wait until "offer.pdf", '
        "choose Message > Save draft",
        json_has("mail.json", {"did": "draft", "attached": "offer.pdf"}),
    ),
    Task(
        "second signature",
        qt("mail", "New message"),
        'choose Options > Signature > Office, wait until "Marta Brunner (Office)", choose Message > Save draft',
        json_has("mail.json", {"did": "draft", "text": "\n-- \nMarta Brunner (Office)"}),
    ),
    Task(
        "second radio",
        qt("radio", "Radio settings"),
        'type "60" into the field "Volume in percent", check "Quiet at night", choose "Mono", click "Apply"',
        json_has("radio.json", {"volume": 60, "night": True, "mono": True}),
    ),
    Task(
        "second stations",
        qt("radio", "Radio settings"),
        'click the tab "Stations", click "Jazz at Night", click "OK"',
        json_has("radio.json", {"station": "Jazz at Night"}),
    ),
    Task(
        "second idle",
        idle,
        'choose Edit > Replace..., wait until "Replace with", type "width" into the field "Find", type "side" into the field "Replace with", '
        'click "Replace All", press escape, press ctrl+s',
        file_holds("area.py", "side = 4\nprint(side * side)"),
    ),
    Task(
        "second emacs",
        in_xterm("emacs", "emacs -nw -Q notes.txt", notes_txt="alpha\n"),
        'press ctrl+e, press enter, type "omega", press ctrl+x, press ctrl+s, press ctrl+x, press ctrl+c',
        file_holds("notes.txt", "alpha\nomega"),
    ),
    Task(
        "second picture away",
        pictures,
        'press delete, click "OK"',
        there("pictures/beach.png", gone=("pictures/alps.png",)),
    ),
    Task(
        "second bookmark",
        page("bank.html"),
        'press ctrl+d, wait until "Bookmark added", type "My bank", press enter, wait 3 seconds',
        bookmarked("second/bank.html", "My bank"),
    ),
    Task(
        "second upload",
        upload,
        'click "Choose File", wait until "Cancel", type "{home}/diploma.txt", click "Open", wait until "diploma.txt", click "Hand in"',
        once(file="diploma.txt", text="passed"),
    ),
]
WEB = [
    Task(
        "second payment",
        page("bank.html"),
        'type "Roofers Ltd" into the field "Payee", type "20-11-98 4471" into the field "Account number", '
        'type "250.00" into the field "Amount (GBP)", select "Next Monday" in the list "Pay on", check "Remember this payee", '
        'click "Review payment", click "Confirm payment", wait until "Payment scheduled"',
        once(payee="Roofers Ltd", account="20-11-98 4471", amount="250.00", day="Next Monday", keep="yes"),
    ),
    Task(
        "second rename in place",
        page("drive.html"),
        'right-click "Lease.pdf", click "Rename", press ctrl+a, type "Lease signed.pdf", press enter',
        once(did="rename", was="Lease.pdf", to="Lease signed.pdf"),
    ),
    Task(
        "second to the bin",
        page("drive.html"),
        'right-click "Shopping list.txt", choose "Move to bin", wait until "Shopping list.txt moved to the bin"',
        once(did="bin", name="Shopping list.txt"),
    ),
    Task(
        "second event",
        page("calendar.html"),
        'click "›", wait until "April 2027", click "New event", type "Chimney sweep" into the field "Title", '
        'type "14" into the field "Day of the month", select "Team" in the list "Calendar", click "Save event"',
        once(title="Chimney sweep", day="14", calendar="Team", month="April"),
    ),
    Task(
        "second room",
        page("hotel.html"),
        'check "Pets allowed", select "Price, lowest first" in the list "Sort by", click "+" , '
        'click "Reserve" in the row of "Edelweiss Inn"',
        once(hotel="Edelweiss Inn", guests="3", pets="true"),
    ),
    Task(
        "second kurs",
        page("kurs.html"),
        'gib "Jörg" in das Feld "Vorname" ein, gib "Weiß" in das Feld "Nachname" ein, gib "Mühlgasse 3" in das Feld '
        '"Straße und Hausnummer" ein, wähle "Fahrräder reparieren" in der Liste "Kurs", klicke auf "Per Lastschrift", '
        'kreuze "Ich habe die Teilnahmebedingungen gelesen" an, klicke auf "Verbindlich anmelden", warte bis "Vielen Dank!"',
        once(
            vorname="Jörg",
            nachname="Weiß",
            strasse="Mühlgasse 3",
            kurs="Fahrräder reparieren",
            zahlung="lastschrift",
            agb="ja",
        ),
    ),
    Task(
        "second mairie",
        page("mairie.html"),
        'tape "Lefèvre" dans le champ "Nom de famille", tape "anne@exemple.fr" dans le champ "Adresse électronique", '
        'choisis "Passeport" dans la liste "Motif", clique sur "Le matin", clique sur "Valider la demande", attends "Demande enregistrée"',
        once(nom="Lefèvre", mail="anne@exemple.fr", motif="Passeport", h="matin"),
    ),
    Task(
        "second survey",
        page("survey.html"),
        'choose "Service", click "Next", type "More daylight, please." into the field "Anything to add?", click "Next", '
        'uncheck "Send without my name", click "Send answers", wait until "Your answers were sent."',
        once(team="service", add="More daylight, please."),
    ),
    Task(
        "second basket",
        page("cart.html"),
        'click "Remove" in the row of "Purple kale", type "SPROUT" into the field "Gift card", click "Apply", '
        'wait until "Gift card applied", click "Go to checkout"',
        both(
            once(did="remove", what="Purple kale"),
            once(did="checkout", order="1 Sweet peas,1 Sunflower mix"),
            once(did="code", code="SPROUT"),
        ),
    ),
    Task(
        "second ticket",
        page("tickets.html"),
        'click "Waiting", click "Close" in the row of "Monitor flickers", click "Close ticket"',
        once(did="close", no="4105"),
    ),
    Task(
        "second choir",
        page("signup.html"),
        'type "Nadia Park" into the field "Your name", type "0170 5550123" into the field "Mobile number", click "Alto", '
        'click "Sign me up", wait until "Welcome!"',
        once(name="Nadia Park", mobile="0170 5550123", voice="Alto"),
    ),
    Task(
        "second tags",
        page("tags.html"),
        'type "Lim" into the field "Place", click "Lima, Peru", type "harbour" into the field "Tags", press enter, '
        'type "Fog at dawn" into the field "Caption", click "Upload now"',
        once(place="Lima, Peru", tags="harbour", caption="Fog at dawn"),
    ),
]
KINDS = [
    Task("second kind chart", page("kinds.html?chart"), 'click "Freeze the list"', once(did="freeze")),
    Task("second kind slow", page("kinds.html?slow"), 'click "Order the part"', once(did="part")),
    Task(
        "second kind slower",
        page("kinds.html?slower"),
        'click "Get boarding pass", wait until "Seat 14C" appears',
        once(did="pass"),
    ),
    Task("second kind three", page("kinds.html?three"), 'click "Delete"', both(once(did="d"), sent({"did": "d"}))),
    Task(
        "second kind part",
        page("kinds.html?part"),
        'check the one that contains "terms of carriage", click "Carry on"',
        once(did="carry", terms="true", offers="false"),
    ),
    Task(
        "second kind grad",
        page("kinds.html?grad"),
        'turn on "Seat heating", turn off "Parking light"',
        both(once(did="g", on="true"), once(did="h", on="false")),
    ),
    Task(
        "second kind names",
        page("kinds.html?names"),
        'type "Ott & Co" into the field "Company", type "Ida Ott" into the field "Contact person", click "Store contact"',
        lambda desk: (
            None
            if desk.site.sent
            and desk.site.sent[-1].get("d") == "Ida Ott"
            and "Ott & Co" in (desk.site.sent[-1].get("a"), desk.site.sent[-1].get("c"))
            else f"the site got {desk.site.sent}"
        ),
    ),
    Task("second kind rest", page("kinds.html?rest"), 'drag "Passport.jpg" to "Documents"', once(did="drop")),
    Task(
        "second kind card",
        page("kinds.html?card"),
        'click "Family", click "Use this plan"',
        once(did="plan", v="Family"),
    ),
    Task(
        "second kind rows",
        page("kinds.html?rows"),
        'click "Photos from the hike"',
        once(did="open", what="Photos from the hike"),
    ),
    Task(
        "second kind asked",
        page("kinds.html?asked"),
        'click "Prepare export", wait until "Download archive" appears and click it',
        once(did="download"),
    ),
    Task(
        "second kind cookie",
        page("kinds.html?cookie"),
        'if "We use cookies" is visible click "Only necessary", then click "Subscribe to alerts"',
        both(once(did="necessary"), once(did="alerts")),
    ),
    Task(
        "second kind more",
        page("kinds.html?more"),
        'click "More »" until "Lime" is visible',
        lambda desk: None if len(desk.site.sent) == 2 else f"{len(desk.site.sent)} times",
    ),
    Task(
        "second kind deep",
        page("kinds.html?deep"),
        'scroll down until "Way of delivery" is seen, click "Please choose", click "By courier", click "Submit form"',
        once(did="form", v="By courier"),
    ),
    Task("second kind sub", page("kinds.html?sub"), "choose Insert > Table > 3 × 3", once(did="table", size="3 × 3")),
    Task(
        "second kind seg",
        page("kinds.html?seg"),
        'click "Miles", click "Dark"',
        both(once(did="seg", v="Miles"), once(did="seg", v="Dark")),
    ),
]
TIMED = (
    "payment",
    "rename in place",
    "event",
    "room",
    "kurs",
    "mairie",
    "survey",
    "basket",
    "ticket",
    "choir",
    "tags",
    "chart",
    "card",
    "asked",
    "more",
)
LATE = [
    replace(task, name=f"{task.name} at {seconds * 1000:.0f} ms", latency=seconds)
    for seconds in (0.3, 0.8)
    for task in (*WEB, *KINDS)
    if task.name.endswith(TIMED)
]
FIFTY = [*APPS, *WEB, *KINDS]
TASKS = [*FIFTY, *LATE]


def _trap(name: str, say: str, lay: Callable[[Desk], None] | None = None, check: Check = nothing_sent) -> Task:
    return Task(f"second trap {name}", lay or page(f"traps.html?{name}"), say, check, possible=False)


TRAPS = [
    _trap("bar", 'click "Verify the copy"'),
    _trap("canvas", 'click "Mark this moment"'),
    _trap("types", 'click "Stop the answer"'),
    _trap("slides", 'click "Keep this offer"'),
    _trap("late", 'turn on "Share my location"'),
    _trap("longer", 'click "Publish"'),
    _trap("menuoff", 'click "Paste items"'),
    _trap("back", 'click the first "Delete"'),
    _trap("sentbox", 'click "Send", wait until "Sent"'),
    _trap("renamed", 'click "Keep file", wait until "Kept as scan.pdf"'),
    _trap("pop", 'type "Anna" into the field "Given name", type "Meyer" into the field "Surname"'),
    _trap("max", 'type "12345" into the field "Postcode"'),
    _trap("clamp", 'type "12" into the field "Number of seats", type "4" into the field "Row"'),
    _trap("drop", 'drag "Holiday request" to "Approved"'),
    _trap("option", 'select "Expert (full)" in the list "Level"'),
    _trap("double", 'check "Text messages"'),
    _trap("ripple", 'click "Open the door"'),
    _trap("notyet", 'click "Ask for refund", wait until "Refunded"'),
    _trap("wiped", 'type "Kestrel" into the field "Nickname", type "Fly" into the field "Motto"'),
    _trap(
        "tide",
        'click "Set alarm here"',
        lambda desk: desk.open("Tide gauge", sys.executable, str(HERE / "second_tk.py")),
    ),
    _trap("letters in a number", 'type "12x" into the field "Locker number"', qt("limits", "Locker")),
    _trap("code too long", 'type "12345" into the field "Code"', qt("limits", "Locker")),
    _trap("not for now", 'click "Rent locker"', qt("limits", "Locker")),
    _trap("greyed in a menu", "choose Message > Send later", qt("mail", "New message")),
    _trap("folder that is gone", 'type "Tuesday ", choose File > Save', lost_folder),
    _trap("beside top", 'click "Open the door"', beside_top),
    _trap(
        "another name",
        'press ctrl+shift+s, wait until "Cancel", type "{home}/final.txt", press enter',
        another_name,
    ),
    _trap(
        "dialog that took nothing",
        'click "Choose File", wait until "Cancel", type "{home}/diploma.txt", press enter, wait until "diploma.txt", click "Hand in"',
        upload,
    ),
    _trap(
        "nights",
        'type "25" into the field "Nights", type "Ada" into the field "Name"',
        shell(
            "Booking",
            'yad --form --title=Booking --width=400 --field="Nights:NUM" --field="Name" "1!0..10" "" > booked.txt',
        ),
    ),
]

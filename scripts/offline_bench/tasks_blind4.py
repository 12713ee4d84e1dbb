"""A fourth set by somebody who had not seen the predictor, written whole before the first try: as many applications as pages, then traps."""

from __future__ import annotations

import json
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing

from scripts.offline_bench.checks import Check, both, copied, file_holds, nothing_sent, there
from scripts.offline_bench.desk import Desk
from scripts.offline_bench.programs import HERE, SYSTEM_PYTHON, editor, files, terminal
from scripts.offline_bench.task import Task
from scripts.offline_bench.tasks_blind import kept, once, shell, thunar
from scripts.offline_bench.tasks_blind2 import cells, in_xterm, on_text, stock

BLINKING = "while :; do date +%S.%N; sleep 0.2; done"


def page(name: str) -> Callable[[Desk], None]:
    """Chromium on one of the pages that belong to this set."""

    def lay(desk: Desk) -> None:
        desk.browser(f"fourth/{name}")

    return lay


def own(which: str, title: str) -> Callable[[Desk], None]:
    """One of the windows of this set, which appends what it does to `log`."""
    python = sys.executable if which == "tk" else SYSTEM_PYTHON

    def lay(desk: Desk) -> None:
        desk.open(title, python, str(HERE / f"fourth_{which}.py"), str(desk.home / "log"))

    return lay


def logged(*expected: dict[str, object]) -> Check:
    """What one of the windows of this set has done: this, in this order, once, and nothing else."""

    def check(desk: Desk) -> str | None:
        log = desk.home / "log"
        found = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
        return None if found == list(expected) else f"it did {found}"

    return check


def guests(desk: Desk) -> None:
    """A database of three guests."""
    with closing(sqlite3.connect(desk.home / "inn.db")) as base, base:
        base.execute("create table guests (name text, room integer)")
        base.executemany("insert into guests values (?, ?)", [("Kim", 4), ("Olu", 7), ("Petra", 11)])
    desk.open("DB Browser", "sqlitebrowser", "inn.db")


def guests_are(*rows: tuple[str, int]) -> Check:
    """What the database has on the disk."""

    def check(desk: Desk) -> str | None:
        with closing(sqlite3.connect(desk.home / "inn.db")) as base:
            found = base.execute("select name, room from guests order by room").fetchall()
        return None if found == list(rows) else f"the database has {found}"

    return check


def hung(desk: Desk) -> None:
    """A window that no longer answers, beside a terminal in which something runs."""
    process = desk.open("Ticket desk", sys.executable, str(HERE / "fourth_tk.py"), str(desk.home / "log"))
    desk.open("build", "xterm", "-T", "build", "-geometry", "60x30+1100+100", "-e", "sh", "-c", BLINKING)
    desk.run("xdotool", "search", "--name", "Ticket desk", "windowactivate")
    process.send_signal(signal.SIGSTOP)


def two_desks(desk: Desk) -> None:
    """A warehouse, and over most of it a ticket desk."""
    own("qt", "Warehouse")(desk)
    own("tk", "Ticket desk")(desk)
    desk.run("xdotool", "search", "--name", "Warehouse", "windowmove", "200", "140")
    desk.run("xdotool", "search", "--name", "Ticket desk", "windowactivate")


def limited(lay: Callable[[Desk], None], *rules: str) -> Callable[[Desk], None]:
    """The same with a policy in the home."""

    def lay_both(desk: Desk) -> None:
        (desk.home / "policy.toml").write_text("\n".join(rules) + "\n", "utf-8")
        lay(desk)

    return lay_both


APPLICATIONS = [
    Task(
        "4 pluma append",
        on_text("pluma", "list.txt", "bread"),
        'Press Ctrl+End, type " and milk" and press Ctrl+S.',
        file_holds("list.txt", "bread and milk"),
    ),
    Task(
        "4 pluma replace",
        on_text("pluma", "style.txt", "colour and colour again"),
        'press ctrl+h, type "colour" into the field "Search for", type "color" into the field "Replace with", click "Replace All", click "Close", choose File > Save',
        file_holds("style.txt", "color and color again"),
    ),
    Task(
        "4 pluma numbers",
        on_text("pluma", "poem.txt", "one\ntwo"),
        'In the Edit menu choose Preferences, tick "Display line numbers"',
        kept(".config", "display-line-numbers=true"),
    ),
    Task(
        "4 leaf save as",
        on_text("l3afpad", "draft.txt", ""),
        'type "Dear Ms Ode", press enter twice, type "thank you", choose File > Save As, type "{home}/thanks.txt" into the field "Name", press enter',
        file_holds("thanks.txt", "Dear Ms Ode\n\nthank you"),
    ),
    Task(
        "4 leaf german",
        on_text("l3afpad", "alt.txt", "Alter Text"),
        "Drücke Strg+A, tippe „Neuer Text“ und drücke Strg+S",
        file_holds("alt.txt", "Neuer Text"),
    ),
    Task(
        "4 scite upper",
        on_text("scite", "loud.txt", "hear me"),
        'press ctrl+a, then choose "Make Selection Uppercase" in the Edit menu, then press ctrl+s',
        file_holds("loud.txt", "HEAR ME"),
    ),
    Task(
        "4 scite line",
        on_text("scite", "steps.txt", "a\nb\nc\n"),
        'Press ctrl+g. Type "3". Press enter. Type "third ". Press ctrl+s.',
        file_holds("steps.txt", "a\nb\nthird c"),
    ),
    Task(
        "4 nedit",
        on_text("nedit", "hello.txt", "hello\n"),
        'press ctrl+end, type "bye", choose File > Save',
        file_holds("hello.txt", "hello\nbye"),
    ),
    Task(
        "4 gnome editor",
        on_text("gnome-text-editor", "memo.txt", "eggs", "--standalone"),
        'press ctrl+home, type "Buy ", press ctrl+s, press ctrl+w',
        file_holds("memo.txt", "Buy eggs"),
    ),
    Task(
        "4 geany duplicate",
        on_text("geany", "twice.txt", "alpha"),
        "choose Edit > Commands > Duplicate Line or Selection and press ctrl+s",
        file_holds("twice.txt", "alpha\nalpha"),
    ),
    Task(
        "4 featherpad",
        on_text("featherpad", "names.txt", "Zoe\nAda\nMia"),
        "press ctrl+a, choose Edit > Sort Lines, press ctrl+s",
        file_holds("names.txt", "Ada\nMia\nZoe"),
    ),
    Task(
        "4 mate buttons",
        lambda desk: desk.open("Calculator", "mate-calc") and None,
        'click "7", click "×", click "8", click "="',
        copied("56", "ctrl+c"),
    ),
    Task(
        "4 mate calc",
        lambda desk: desk.open("Calculator", "mate-calc") and None,
        'type "12*12", press enter, wait until "144" appears',
        copied("144", "ctrl+c"),
    ),
    Task(
        "4 database",
        guests,
        'click the tab "Browse Data", double-click "Olu", press ctrl+a, type "Olumide", click "Apply", press ctrl+s',
        guests_are(("Kim", 4), ("Olumide", 7), ("Petra", 11)),
    ),
    Task(
        "4 yad form",
        shell(
            "Order",
            "yad --form --title=Order --field=Article --field=Express:CHK --field=Colour:CB '' FALSE 'red!green!blue' > out.txt",
        ),
        'type "Lamp" into the field "Article", tick "Express", choose "green" in the list "Colour", hit OK',
        file_holds("out.txt", "Lamp|TRUE|green|"),
    ),
    Task(
        "4 yad list",
        shell(
            "Packing",
            "yad --list --checklist --title=Packing --width=400 --height=300 --column=Take --column=Item FALSE Tent FALSE Stove TRUE Rope > out.txt",
        ),
        'check "Stove", uncheck "Rope", click "OK"',
        file_holds("out.txt", "TRUE|Stove|"),
    ),
    Task(
        "4 calendar",
        shell(
            "Start",
            "zenity --calendar --title=Start --text=Start --day=3 --month=3 --year=2031 --date-format=%F > out.txt",
        ),
        'click "18" and then "OK"',
        file_holds("out.txt", "2031-03-18"),
    ),
    Task(
        "4 villes",
        shell("Villes", "zenity --list --title=Villes --text=Ville --column=Ville Paris Lyon Lille > out.txt"),
        "Clique sur « Lyon », puis clique sur « OK »",
        file_holds("out.txt", "Lyon"),
    ),
    Task(
        "4 thunar folder",
        thunar,
        'press ctrl+shift+n, type "taxes", press enter',
        there("papers/taxes", "papers/offer.txt"),
    ),
    Task(
        "4 thunar rename",
        thunar,
        'Click on "offer.txt", press F2, type "offer-final" and press Enter',
        there("papers/offer-final.txt", gone=("papers/offer.txt",)),
    ),
    Task(
        "4 pcmanfm copy",
        files,
        'click "report.txt", press ctrl+c, double-click "archive", press ctrl+v, wait until "report.txt" appears',
        there("work/report.txt", "work/archive/report.txt"),
    ),
    Task(
        "4 gnumeric",
        stock,
        'click "Bolts", press right, type "18", press enter, press ctrl+s',
        cells("stock.gnumeric", "Bolts,18"),
    ),
    Task(
        "4 nano cut",
        in_xterm("nano", "nano rows.txt", rows_txt="first\nsecond\nthird\n"),
        "press ctrl+k twice, press ctrl+o, press enter, press ctrl+x",
        file_holds("rows.txt", "third"),
    ),
    Task(
        "4 micro",
        in_xterm("micro", "micro bills.txt", bills_txt="rent\npower\n"),
        'press down, press end, type " (paid)", press ctrl+s, press ctrl+q',
        file_holds("bills.txt", "rent\npower (paid)"),
    ),
    Task(
        "4 emacs",
        in_xterm("emacs", "emacs -nw -Q wish.txt", wish_txt="a boat\n"),
        'press ctrl+e, type " and a map", press ctrl+x, press ctrl+s, press ctrl+x, press ctrl+c',
        file_holds("wish.txt", "a boat and a map"),
    ),
    Task(
        "4 whiptail",
        in_xterm("whiptail", "whiptail --inputbox 'Host name' 10 50 2> answer"),
        'type "fileserver-2", press tab, press enter',
        file_holds("answer", "fileserver-2"),
    ),
    Task(
        "4 shell",
        terminal,
        'type "mkdir -p proj/src; ls proj | tee list.txt", press enter, wait until "src" appears',
        file_holds("list.txt", "src"),
    ),
    Task(
        "4 tk ticket",
        own("tk", "Ticket desk"),
        'enter "Nadia Osei" as the "Passenger", choose "Sleeper" in the list "Class", tick "Travel insurance", hit "Issue ticket"',
        logged({"passenger": "Nadia Osei", "discount": "", "kind": "Sleeper", "insured": True, "copies": "1"}),
    ),
    Task(
        "4 tk copies",
        own("tk", "Ticket desk"),
        'type "Ola" into the field "Passenger", type "3" into the field "Copies", type "15" into "Discount in %", click on "Issue ticket"',
        logged({"passenger": "Ola", "discount": "15", "kind": "Second class", "insured": False, "copies": "3"}),
    ),
    Task(
        "4 tk refund",
        own("tk", "Ticket desk"),
        'Go to the "Refunds" tab, click "R-303 Chen", click "Refund selected"',
        logged({"refunded": "R-303 Chen"}),
    ),
    Task(
        "4 tk clear",
        own("tk", "Ticket desk"),
        'click "Clear form", then click "Yes"',
        logged({"cleared": True}),
    ),
    Task("4 gtk water", own("gtk", "Plant diary"), 'click "Orchid", then "Water"', logged({"watered": "Orchid"})),
    Task(
        "4 gtk tick",
        own("gtk", "Plant diary"),
        'check the box in the row of "Ficus"',
        logged({"plant": "Ficus", "thirsty": True}),
    ),
    Task(
        "4 gtk add",
        own("gtk", "Plant diary"),
        'type "Aloe" into the field "Name of a new plant" and click "Add plant"',
        logged({"added": "Aloe"}),
    ),
    Task(
        "4 gtk switch",
        own("gtk", "Plant diary"),
        'turn on "Remind me every morning"',
        logged({"remind": True}),
    ),
    Task(
        "4 gtk popover",
        own("gtk", "Plant diary"),
        'click "More" and choose "Print labels"',
        logged({"chosen": "Print labels"}),
    ),
    Task(
        "4 qt delivery",
        own("qt", "Warehouse"),
        'type "Bauer" into the field "Supplier", type "12" into "Pieces", choose "Cold store" in the list "Store in", check "Fragile", click "Book delivery"',
        logged({"supplier": "Bauer", "pieces": 12, "place": "Cold store", "fragile": True}),
    ),
    Task(
        "4 qt cell",
        own("qt", "Warehouse"),
        'click the tab "Shelves", double-click "B-03", type "B-07", press enter',
        logged({"article": "Handle", "column": 1, "to": "B-07"}),
    ),
    Task(
        "4 qt tree",
        own("qt", "Warehouse"),
        'click "Rights", double-click "Floor", check "Shelf plan"',
        logged({"may_see": "Shelf plan", "on": True}),
    ),
    Task(
        "4 qt month",
        own("qt", "Warehouse"),
        'In the Stock menu, choose "Close month…", then click "Yes"',
        logged({"closed": True}),
    ),
    Task(
        "4 qt vista",
        own("qt", "Warehouse"),
        "Haz clic en «View» y luego en «Compact rows»",
        logged({"compact": True}),
    ),
]
PAGES = [
    Task(
        "4 parken",
        page("parking.html"),
        'Schreibe "AH-KL 204" in das Feld "Kennzeichen", schreibe "Mühlweg 9" in das Feld "Straße und Hausnummer", wähle "Bahnhof" in der Liste "Zone", klicke auf "2 Jahre", hake "Ich habe die Hinweise gelesen" an und klicke auf "Antrag absenden"',
        once(kennzeichen="AH-KL 204", strasse="Mühlweg 9", zone="Bahnhof", dauer="2", gelesen="on"),
        latency=0.3,
    ),
    Task(
        "4 books search",
        page("books.html"),
        'type "salt" into the field "Search titles or authors", wait until "Piranesi" disappears, click "Reserve" in the row of "The Salt Roads"',
        once(reserve="The Salt Roads"),
        latency=0.3,
    ),
    Task(
        "4 books reserve",
        page("books.html"),
        'Click "Reserve" in the row of "Stoner" and wait until "1 reserved" appears.',
        once(reserve="Stoner"),
        latency=0.8,
    ),
    Task(
        "4 recipe",
        page("recipe.html"),
        'click "+" twice, click "Imperial", tick "Carrots" and "Lemon", click "Save recipe"',
        once(servings="4", units="Imperial", list="Carrots,Lemon"),
    ),
    Task(
        "4 recipe note",
        page("recipe.html"),
        'Put "less salt" into the field "Your note" and press the "Save recipe" button',
        once(servings="2", units="Metric", list="", note="less salt"),
        latency=0.3,
    ),
    Task(
        "4 seats",
        page("seats.html"),
        'click "C3" and "C4", choose "Student" in the list "Tickets are", click "Hold seats"',
        once(seats="C3 C4", kind="Student"),
        latency=0.3,
    ),
    Task("4 forum like", page("forum.html"), 'click the 2nd "Like"', once(like="Tobias"), latency=0.8),
    Task(
        "4 forum reply",
        page("forum.html"),
        'write "Thanks, nematodes it is" into the field "Your reply", tick "Watch this thread" and click "Post reply"',
        once(reply="Thanks, nematodes it is", watch="true"),
        latency=0.3,
    ),
    Task(
        "4 banco",
        page("banco.html"),
        'Escribe "Lucía Prado" en el campo "Beneficiario", escribe "ES91 2100 0418 4502" en el campo "IBAN", escribe "45,50" en el campo "Importe", escribe "Alquiler bici" en el campo "Concepto", haz clic en "Continuar" y luego en "Confirmar"',
        once(nombre="Lucía Prado", iban="ES91 2100 0418 4502", importe="45,50", concepto="Alquiler bici"),
        latency=0.8,
    ),
    Task(
        "4 train",
        page("train.html"),
        'Tape "Lyon" dans le champ "Départ", clique sur "Lyon Perrache", tape "Nan" dans le champ "Arrivée", clique sur "Nantes", clique sur "Aller-retour", clique sur "Rechercher", attends que "09:42" apparaisse, clique sur "Choisir" dans la ligne de "09:42"',
        both(once(**{"from": "Lyon Perrache"}, to="Nantes", type="retour"), once(train="09:42")),
        latency=0.3,
    ),
    Task(
        "4 member switch",
        page("users.html"),
        'turn on the switch in the row of "Chidi Okeke"',
        once(member="Chidi Okeke", active="true"),
    ),
    Task(
        "4 member remove",
        page("users.html"),
        'check the box in the row of "Emil Novak", click "Remove selected", click "Remove"',
        once(removed="Emil Novak"),
        latency=0.8,
    ),
    Task(
        "4 podcast speed",
        page("prefs.html"),
        'click "Fast", turn on "Trim silence", click "Save changes", wait until "Saved just now" appears',
        once(speed="Fast", trim="true"),
        latency=0.3,
    ),
    Task(
        "4 podcast keep",
        page("prefs.html"),
        'click Downloads, type "25" into the field "Episodes to keep", switch off "Only on Wi-Fi", click "Save changes"',
        once(keep="25", wifi="false"),
    ),
    Task(
        "4 podcast region",
        page("prefs.html"),
        'click "More playback options", then "Europe", then "Save changes"',
        once(region="Europe", speed="Normal"),
        latency=0.8,
    ),
    Task(
        "4 dentist",
        page("date.html"),
        'click the field "Date", click "›", click "17", wait until "10:00" appears, click "10:00", choose "Cleaning" in the list "Reason", click "Book appointment"',
        once(date="17 April 2031", slot="10:00", reason="Cleaning"),
        latency=0.3,
    ),
    Task(
        "4 feedback",
        page("feedback.html"),
        'choose "Excellent", type "Lovely breakfast, quiet room" into "Tell us more", tick "You may contact me", click "Send feedback"',
        once(r="great", t="Lovely breakfast, quiet room", m="", c="on"),
        latency=0.8,
    ),
    Task(
        "4 locker",
        page("code.html"),
        'type "kim@example.org" into the field "E-mail address", type "tulip-77" into the field "Password", click the button "Sign in", wait until "Enter the code" appears, type "481902", click "Verify"',
        both(once(user="kim@example.org"), once(code="481902")),
        latency=0.3,
    ),
    Task(
        "4 tea",
        page("pay.html"),
        'type "J. Moreau" into the field "Name on card", type "4970 1012 3456" into the field "Card number", click "Pay 17,80 €"',
        once(name="J. Moreau", card="4970 1012 3456"),
        latency=0.8,
    ),
    Task(
        "4 feed",
        page("feed.html"),
        'scroll down until "Harbour seals return" is seen, then click the button "Save for later" below "Harbour seals return"',
        once(saved="Harbour seals return"),
    ),
    Task(
        "4 mail rule",
        page("rules.html"),
        'type "Rail" into the field "Rule name", type "tickets" into the field "Value", choose "Travel" in the list "Move to", check "Mark as read", click "Create rule"',
        once(name="Rail", when="Subject contains tickets", to="Travel", read="true"),
        latency=0.3,
    ),
    Task(
        "4 drive copy",
        page("drive.html"),
        'right-click on "lease.pdf", choose "Make a copy"',
        once(do="Make a copy", file="lease.pdf"),
        latency=0.3,
    ),
    Task(
        "4 drive rename",
        page("drive.html"),
        'right-click "talk.odp", click "Rename", press ctrl+a, type "talk-final.odp", press enter',
        once(rename="talk.odp", to="talk-final.odp"),
    ),
    Task("4 drive open", page("drive.html"), 'double-click "minutes.docx"', once(open="minutes.docx"), latency=0.3),
    Task(
        "4 bulbs cookies",
        page("shop.html"),
        'if "We use cookies" is visible click "Only necessary", then click "Add to basket" below "Snowdrop"',
        both(once(cookies="Only necessary"), once(add="Snowdrop")),
        latency=0.3,
    ),
    Task(
        "4 bulbs news",
        page("shop.html?news"),
        'wait until "No thanks" appears, click it, click "Accept all" and click the last "Add to basket"',
        both(once(cookies="Accept all"), once(add="Hyacinth")),
    ),
    Task(
        "4 errand",
        page("todo.html"),
        'type "Buy stamps" into the field "What needs doing?" and press enter',
        once(new="Buy stamps"),
        latency=0.8,
    ),
    Task(
        "4 errands clear",
        page("todo.html"),
        'check "Call the plumber", then click "Clear finished"',
        both(once(item="Call the plumber", finished="1"), once(cleared="1")),
    ),
    Task(
        "4 quiz",
        page("quiz.html"),
        'choose "Tyres", click "Next question", choose "Nobody", click "Next question", choose "In the marked bay", click "Finish", wait until "You passed" appears',
        once(answers="Tyres|Nobody|In the marked bay"),
        latency=0.8,
    ),
    Task(
        "4 address",
        page("todo.html"),
        'press ctrl+l, type "{site}fourth/feedback.html", press enter, wait until "How was your stay?" appears',
        lambda desk: None if "fourth/feedback.html" in desk.site.shown else f"shown are {desk.site.shown}",
    ),
]
TASKS = [*APPLICATIONS, *PAGES]


def _trap(kind: str, say: str, lay: Callable[[Desk], None] | None = None, *options: str) -> Task:
    return Task(f"4 trap {kind}", lay or page(f"traps.html?{kind}"), say, nothing_sent, possible=False, options=options)


POLICY = ("--policy", "{home}/policy.toml")
TRAPS = [
    _trap(
        "no clicks",
        'click "Refresh prices"',
        limited(page("traps.html?shimmer"), 'blocked_actions = ["click"]'),
        *POLICY,
    ),
    _trap(
        "no saving",
        'press ctrl+end, type "!", press ctrl+s',
        limited(editor("as it was"), 'blocked_keys = ["ctrl+s"]'),
        *POLICY,
    ),
    _trap(
        "no words",
        'type "sudo reboot" into the field "Message", click "Send message"',
        limited(page("traps.html?typing"), 'typed_text_denied = ["sudo"]'),
        *POLICY,
    ),
    _trap("no key", 'click "Break", press ctrl+f77', page("traps.html?clock")),
    _trap("shimmer", 'click "Refresh prices"'),
    _trap("progress", 'click "Install update"'),
    _trap("typing", 'click "Send message"'),
    _trap("scope", 'click "Start recording"'),
    _trap("hero", 'click "Subscribe now"'),
    _trap("clock", 'click "Clock in"'),
    _trap("sort", 'click "Pieces"'),
    _trap("pay", 'click "Pay"'),
    _trap("undelete", 'click "Delete"'),
    _trap("logout", 'click "Log out"'),
    _trap("reject", 'check "Publish without review"'),
    _trap("locked", 'tick "Priority support"'),
    _trap("bounce", 'turn on "Heating"'),
    _trap("voucher", 'type "SUMMER2031X" into the field "Voucher code"'),
    _trap("digits", 'type "+49 170 555 0199" into the field "Phone number"'),
    _trap("clears", 'type "Ines Roca" into the field "Guest name", type "7" into the field "Table"'),
    _trap("steals", 'type "Harper Ltd" into the field "Company"'),
    _trap("corrects", 'type "Smiht" into the field "Family name"'),
    _trap("size", 'choose "Large" in the list "Size"'),
    _trap("drop", 'drag "Ida, 3 days" to "Approved"'),
    _trap("follow", 'click "Follow", wait 2 seconds, make sure "Following" is visible'),
    _trap("late", 'click "Cancel contract", wait until "cancelled" appears'),
    _trap("parcel", 'click "Track", wait until "Delivered" appears'),
    _trap("oven", 'click "Start", wait until "Ready" appears'),
    _trap("towns", 'click "Choose" in the row of "Springfield"'),
    _trap("veil", 'click "Place order"'),
    _trap("greyed", 'click "Start import"'),
    _trap("ghost", 'click "Archive message"'),
    _trap("liar", 'turn on "Night mode"'),
    _trap("redo", "choose Edit > Redo", editor("as it was")),
    _trap("hung", 'click "Issue ticket"', hung),
    _trap("letters", 'type "ten" into the field "Discount in %"', own("tk", "Ticket desk")),
    _trap(
        "copies", 'type "25" into the field "Copies", type "Ola" into the field "Passenger"', own("tk", "Ticket desk")
    ),
    _trap("hidden", 'click "Book delivery"', two_desks),
]

"""A sixth set by somebody who had not seen the predictor, written whole before the first try: other programs, pages and wordings, then traps."""

from __future__ import annotations

import sys
from collections.abc import Callable

from scripts.offline_bench.checks import Check, copied, file_holds, nothing_sent, there
from scripts.offline_bench.desk import Desk
from scripts.offline_bench.programs import HERE, SYSTEM_PYTHON, terminal
from scripts.offline_bench.task import Task
from scripts.offline_bench.tasks_blind4 import logged
from scripts.offline_bench.tasks_blind5 import started


def own(which: str, title: str) -> Callable[[Desk], None]:
    """One of the windows of this set, which appends what it does to `log`."""
    python = sys.executable if which in {"garage", "ledger"} else SYSTEM_PYTHON

    def lay(desk: Desk) -> None:
        desk.open(title, python, str(HERE / "sixth_windows.py"), which, str(desk.home / "log"))

    return lay


def asked(window: str, command: str) -> Callable[[Desk], None]:
    """A dialog of the shell; what it prints and the number it ends with are appended to `answer`."""
    return lambda desk: desk.open(window, "sh", "-c", f"{command} >> answer; echo $? >> answer") and None


def in_xterm(title: str, *command: str, name: str = "", text: str = "") -> Callable[[Desk], None]:
    """A program of the terminal, and the file it is to find in the home."""
    return started(
        title, "xterm", "-fa", "DejaVu Sans Mono", "-fs", "13", "-T", title, "-e", *command, name=name, text=text
    )


def folder(desk: Desk) -> None:
    """A file manager on two folders and a file."""
    for name in ("drafts", "sent"):
        (desk.home / "mail" / name).mkdir(parents=True)
    (desk.home / "mail" / "rules.txt").write_text("rules", "utf-8")
    desk.open("mail", "thunar", str(desk.home / "mail"))


def with_jobs(desk: Desk) -> None:
    """A terminal in which one job has ended already, and another never ends."""
    (desk.home / "job.sh").write_text("echo job started\nsleep 600\n", "utf-8")
    desk.open(
        "jobs",
        "xterm",
        "-fa",
        "DejaVu Sans Mono",
        "-fs",
        "13",
        "-T",
        "jobs",
        "-e",
        "sh",
        "-c",
        "echo 'last job finished'; exec sh",
    )


def with_news(desk: Desk) -> None:
    """A page that is to be paid on, and a terminal that tells of another payment after a while."""
    desk.browser("sixth/traps.html?pay", size="1100x900")
    script = "sleep 9; echo 'Payment received'; sleep 600"
    desk.start("xterm", "-geometry", "50x12+1180+200", "-T", "till", "-e", "sh", "-c", script)
    desk.wait_for_window("till")
    desk.run("xdotool", "search", "--name", "Chromium", "windowactivate")


def page(query: str) -> Callable[[Desk], None]:
    """Chromium on one of the pages of this set."""
    return lambda desk: desk.browser(f"sixth/work.html?{query}") and None


def exactly(*forms: dict[str, str]) -> Check:
    """These forms have arrived, in this order, and nothing else."""

    def check(desk: Desk) -> str | None:
        found = [{key: value for key, value in form.items() if key != "path"} for form in desk.site.sent]
        return None if found == list(forms) else f"the site got {found}"

    return check


APPLICATIONS = [
    Task(
        "6 mousepad",
        started("shopping", "mousepad", "--disable-server", "shopping.txt", name="shopping.txt", text="Milk\nBread"),
        'Press ctrl+end, type "\\nCheese" and save with ctrl+s',
        file_holds("shopping.txt", "Milk\nBread\nCheese"),
    ),
    Task(
        "6 mousepad replace",
        started(
            "tour", "mousepad", "--disable-server", "tour.txt", name="tour.txt", text="grey sea, grey sky\ngrey gulls\n"
        ),
        'Choose Search > Find and Replace, type "grey" into "Search for:" and "gray" into "Replace with:", tick "Replace all in:", '
        'click "Replace All", then "Close". Finally press ctrl+s.',
        file_holds("tour.txt", "gray sea, gray sky\ngray gulls"),
    ),
    Task(
        "6 galculator",
        started("galculator", "galculator"),
        'Press the buttons "9", "+", "6" and "="',
        copied("15", "ctrl+c"),
    ),
    Task(
        "6 gnome-calculator",
        started("Calculator", "gnome-calculator", "--mode=basic"),
        'Type "17*23" and press enter. Make sure "391" is visible.',
        copied("391", "ctrl+c"),
    ),
    Task(
        "6 xterm",
        terminal,
        'Type "mkdir -p orders/july && ls > listing" and press enter',
        there("orders/july", "listing"),
    ),
    Task(
        "6 whiptail",
        in_xterm(
            "lift",
            "sh",
            "-c",
            "whiptail --title Lift --menu 'Which floor?' 14 50 4 1 Cellar 2 Ground 3 Roof 4 Kitchen 2> answer",
        ),
        "Press the down key twice, then press enter",
        file_holds("answer", "3"),
    ),
    Task(
        "6 nano",
        in_xterm("nano-letter", "nano", "letter.txt"),
        'Type "Dear Ruth," then press ctrl+o, press enter and press ctrl+x',
        file_holds("letter.txt", "Dear Ruth,"),
    ),
    Task(
        "6 yad",
        asked(
            "Gast",
            "yad --title=Gast --form --width=460 --field=Name --field=Zimmer:CB --field='Mit Frühstück':CHK '' 'Turm!Garten!Hof' FALSE "
            "--button=Abbrechen:1 --button=Eintragen:0",
        ),
        'Gib "Mira Holt" in das Feld "Name" ein, wähle "Garten" in der Liste "Zimmer", setze einen Haken bei "Mit Frühstück" '
        'und klicke auf "Eintragen"',
        file_holds("answer", "Mira Holt|Garten|TRUE|\n0"),
    ),
    Task(
        "6 zenity",
        asked(
            "Ville", "zenity --entry --title=Ville --text='Ville de départ' --ok-label=Valider --cancel-label=Annuler"
        ),
        'Écris "Lyon" dans le champ "Ville de départ" puis clique sur "Valider"',
        file_holds("answer", "Lyon\n0"),
    ),
    Task(
        "6 calendar",
        asked(
            "When",
            "zenity --calendar --title=When --text='Day of the visit' --day=3 --month=6 --year=2026 --date-format=%F",
        ),
        'Click on the 17 and then on "OK"',
        file_holds("answer", "2026-06-17\n0"),
    ),
    Task(
        "6 thunar",
        folder,
        'Right-click "drafts", choose "Rename…", press ctrl+a, type "finals" and press enter',
        there("mail/finals", "mail/sent", gone=("mail/drafts",)),
    ),
    Task(
        "6 featherpad",
        started("reply", "featherpad", "reply.txt", name="reply.txt", text="Dear Olga,\nthe boat is yours."),
        'Go to the end with ctrl+end, type "\\nRegards, Ole", then press ctrl+s',
        file_holds("reply.txt", "Dear Olga,\nthe boat is yours.\nRegards, Ole"),
    ),
    Task(
        "6 scite",
        started("signs", "scite", "signs.txt", name="signs.txt", text="no swimming\nno dogs\n"),
        'Press ctrl+a and ctrl+shift+u, then choose "Save" in the "File" menu',
        file_holds("signs.txt", "NO SWIMMING\nNO DOGS"),
    ),
    Task(
        "6 xmessage",
        asked("xmessage", "xmessage -center -buttons Yes:11,No:12,Later:13 'Restart the pump now?'"),
        'Answer the question with "Later"',
        file_holds("answer", "13"),
    ),
    Task(
        "6 mc",
        in_xterm("mc-photos", "mc", "-d"),
        'Press F7, wait until "Enter directory name" appears, type "photos" and press enter',
        there("photos"),
    ),
    Task(
        "6 cellar",
        own("cellar", "Wine cellar"),
        'Click "Open one" in the row of "Rioja" and confirm with "Take it off"',
        logged({"opened": "Rioja"}),
    ),
    Task(
        "6 choir",
        own("choir", "Choir registration"),
        'Enter "Lillesand" as the town, "Havnegata 4" as the street, turn on "Brings a score", pick "Tenor" and click "Register"',
        logged({"town": "Lillesand", "street": "Havnegata 4", "years": 0, "score": True, "voice": "Tenor"}),
    ),
    Task(
        "6 taller",
        own("garage", "Taller"),
        'Escribe "4821 KLM" en el campo "Matrícula", marca "Neumáticos de invierno", elige "Celia" y luego haz clic en "Pedir cita"',
        logged({"matricula": "4821 KLM", "aceite": False, "neumaticos": True, "quien": "Celia"}),
    ),
]


def _page(kind: str, say: str, check: Check, latency: float) -> Task:
    return Task(f"6 {kind}", page(kind), say, check, latency=latency)


PAGES = [
    _page(
        "inn",
        'Put "Okonkwo" in the "Last name" field, choose "Lake view", then hit "Book the room"',
        exactly({"last": "Okonkwo", "view": "Lake view"}),
        0.3,
    ),
    _page(
        "account",
        'Open the "Account" menu and click "Sign out everywhere"',
        exactly({"menu": "Sign out everywhere"}),
        0.8,
    ),
    _page(
        "printers",
        'Click "Remove" in the row of "Old printer", then click "Yes, remove" and wait until "Old printer" is gone',
        exactly({"removed": "Old printer"}),
        0.8,
    ),
    _page(
        "billing",
        'Go to the tab "Billing", tick "Paper invoices" and click "Save billing"',
        exactly({"paper": "true", "round": "true"}),
        0.3,
    ),
    _page(
        "seeds",
        'Sort the table by clicking "Price", then click the first "Put in trolley"',
        exactly({"bought": "Beet"}),
        0,
    ),
    _page(
        "lamp",
        'Click the slider "Brightness", press home, press right 7 times and then click "Apply"',
        exactly({"brightness": "7"}),
        0.3,
    ),
    _page(
        "older",
        'Click "Show older", wait until "Invoice 0041" appears and click it',
        exactly({"asked": "1"}, {"opened": "Invoice 0041"}),
        0.8,
    ),
    _page(
        "adresse",
        'Öffne den Reiter "Adresse", trage "Ahornweg 3" in das Feld "Straße" ein und klicke auf "Änderungen speichern"',
        exactly({"strasse": "Ahornweg 3", "ort": "Celle"}),
        0.3,
    ),
    _page(
        "commande",
        'Choisissez "Livraison express", cochez "Emballage cadeau", décochez "Recevoir la lettre" et cliquez sur "Commander"',
        exactly({"livraison": "Livraison express", "cadeau": "true", "lettre": "false"}),
        0.8,
    ),
    _page(
        "envio",
        'Selecciona "Chile" en la lista "País", escribe "Valparaíso" en el campo "Ciudad" y "2340" en "Código postal", y pulsa "Continuar"',
        exactly({"pais": "Chile", "ciudad": "Valparaíso", "codigo": "2340"}),
        0.3,
    ),
    _page(
        "trains",
        'Type "Ber" into "From", click "Bergen" in the list that opens, type "3" into "Passengers" and click "Search trains"',
        exactly({"from": "Bergen", "passengers": "3"}),
        0,
    ),
    _page("chat", 'Type "On my way" into the "Message" field and press enter', exactly({"message": "On my way"}), 0.8),
    _page("chores", 'Drag "Paint fence" onto "Done"', exactly({"moved": "Paint fence", "to": "Done"}), 0),
    _page("tree", 'Expand "Reports" and double-click "June.pdf"', exactly({"opened": "June.pdf"}), 0.3),
    _page(
        "quiz",
        'Choose "Copenhagen" and click "Next", then choose "1905" and click "Finish"',
        exactly({"answers": "Copenhagen"}, {"answers": "Copenhagen+1905"}),
        0.8,
    ),
    _page(
        "table",
        'If "We use cookies" is visible, click "Only necessary". Then click "Book a table".',
        exactly({"cookies": "few"}, {"table": "1", "banner": "false"}),
        0.3,
    ),
    _page(
        "alerts",
        'Turn off "Push notifications", turn on "Weekly summary" and click "Keep these"',
        exactly({"Push": "false", "Weekly": "true", "Birthday": "false"}),
        0,
    ),
    _page(
        "parcel",
        'Replace the text in "Note for the driver" with "Leave it in the shed" and click "Save note"',
        exactly({"note": "Leave it in the shed"}),
        0.3,
    ),
    _page(
        "ferries",
        'Click "Next page" until "Split" is visible, then click "Split"',
        exactly({"page": "1"}, {"page": "2"}, {"port": "Split"}),
        0.8,
    ),
    _page(
        "signin",
        'Enter "mara" as the username and "sesame-9" as the password, then click "Sign in"',
        exactly({"user": "mara", "word": "sesame-9"}),
        0.3,
    ),
]

TASKS = [*APPLICATIONS, *PAGES]


def _trap(kind: str, say: str, lay: Callable[[Desk], None] | None = None, query: str = "") -> Task:
    def on_page(desk: Desk) -> None:
        desk.browser(f"sixth/traps.html?{query or kind}")

    return Task(f"6 trap {kind}", lay or on_page, say, nothing_sent, possible=False)


TRAPS = [
    # 1: dead, beside what moves
    _trap("headlines", 'click "Archive story"'),
    _trap("upload", 'click "Cancel upload"'),
    _trap("coupon", 'hit "Apply coupon"'),
    # 2: labels that are nearly it, and too few of them
    _trap("invite", 'press the "Invite" button'),
    _trap("downloads", 'click the third "Download"'),
    _trap("billing", 'click "Open latest invoice" and wait until "Invoice 118" appears'),
    # 3: boxes, switches and choices
    _trap("stock", 'tick "Same-day delivery"'),
    _trap("remember", 'check "Remember this device"'),
    _trap("sizes", 'choose "Large"'),
    _trap("country", 'select "Norway" in the list "Country"'),
    _trap("backups", 'turn on the switch in the row of "Backups"'),
    # 4: fields that hold something else
    _trap("surname", 'type "Montgomery-Hale" into the field "Surname" and "Ida" into the field "First name"'),
    _trap("street", 'escribe "Calle 25" en el campo "Street"'),
    _trap("city", 'enter "Oslo" as the "City" and "0150" as the "Postcode"'),
    _trap("locked", 'gib "12" in das Feld "Quantity" ein'),
    _trap("placeholder", 'make sure the field "Voucher" contains "SPRING26"'),
    # 5: what goes back
    _trap("snap", 'drag "Moby-Dick" to "Finished"'),
    _trap("children", 'click "+" in the row of "Children" three times'),
    # 6: words that stand elsewhere
    _trap("confirm", 'click "Confirm" and wait until "Confirmed" appears'),
    _trap("publish", 'click "Publish now" and wait until "Published" appears'),
    _trap("pay", 'click "Pay" and make sure "Payment received" is visible', with_news),
    _trap("sent", 'click "Send" and wait until "Message sent" appears'),
    _trap("job", 'type "sh job.sh", press enter and wait until "job finished" appears', with_jobs),
    _trap("echo", 'type "sleep 300; echo built" and press enter, then wait until "built" appears', terminal),
    # 7: what swallows a click, and what is not there to be clicked
    _trap("subscribe", 'click "Subscribe" and make sure "Subscribed" is shown'),
    _trap("scrim", 'clique sur "Print plan"'),
    _trap("step2", 'click "Continue"'),
    _trap("undo", "choose Edit > Undo", started("Mousepad", "mousepad", "--disable-server")),
    _trap("order", 'click "Confirm order"'),
    # 8: what was not kept
    _trap(
        "copy",
        'click the field "Recovery code", press ctrl+a, press ctrl+c, click the field "Confirm code" and press ctrl+v',
    ),
    _trap("ledger", 'type "Rye, 40 kg", press ctrl+s and wait until "Saved" appears', own("ledger", "Ledger")),
]

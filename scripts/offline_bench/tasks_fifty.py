"""Fifty tasks on applications and pages that nobody has built for; the pages also with a server that takes its time.

Nothing in coasty_desk/ may be fitted to a single one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from scripts.offline_bench import programs
from scripts.offline_bench.checks import Check, copied, file_holds, there, title
from scripts.offline_bench.desk import Desk
from scripts.offline_bench.task import Task
from scripts.offline_bench.tasks_fresh import folder, program, sheet, sheet_holds
from scripts.offline_bench.tasks_web import page

LATENCIES = (0, 300, 800)


def _got(*expected: dict[str, str]) -> Check:
    """Exactly these reports; says so where the same has been done twice."""

    def check(desk: Desk) -> str | None:
        got = [{key: value for key, value in one.items() if key != "path"} for one in desk.site.sent]
        more = Counter(map(str, got)) - Counter(str(one) for one in expected)
        twice = [one for one in got if one in expected and str(one) in more]
        return None if got == list(expected) else f"{'twice: ' if twice else ''}the site got {got}"

    return check


def _web(name: str, file: str, say: str, *expected: dict[str, str], reads: str = "") -> Task:
    return Task(f"fifty {name}", page(f"asked/{file}.html"), say, _got(*expected), reads=reads)


def _app(name: str, lay: Callable[[Desk], None], say: str, check: Check) -> Task:
    return Task(f"fifty {name}", lay, say, check)


def _dialog(name: str, command: str) -> Callable[[Desk], None]:
    """A dialog whose answer goes into a file."""
    return program(name, "sh", "-c", f"{command} > said.out; echo $? > code.out")


WEB = [
    _web(
        "book a room",
        "hotel",
        'type "Bergen" into the field "Where", select "2 nights" in the list "Nights", click "+", click "Show rooms", wait until "Garden side" appears, '
        'click "Reserve" in the row of "Garden side", click "Yes, reserve", wait until "Reserved" appears',
        {"where": "Bergen", "nights": "2 nights", "guests": "2"},
        {"reserved": "Garden side"},
    ),
    _web(
        "look at rooms",
        "hotel",
        'Enter "Ystad" in the "Where" field. Click "Show rooms". Wait until "Fifth floor" is visible. Read the text next to "Under the roof".',
        {"where": "Ystad", "nights": "1 night", "guests": "1"},
        reads="70",
    ),
    _web(
        "keep looking",
        "hotel",
        'type "Oslo" into the field "Where" and press enter, click "Show rooms", wait until "Harbour view", click the first "Reserve", '
        'click "Keep looking", then click the last "Reserve" and click "Yes, reserve"',
        {"where": "Oslo", "nights": "1 night", "guests": "1"},
        {"reserved": "Under the roof"},
    ),
    _web(
        "assign a ticket",
        "desk",
        'click "Assign" in the row of "D-202", then click "Oda", wait until "D-202 goes to Oda" appears',
        {"no": "D-202", "to": "Oda"},
    ),
    _web(
        "answer a ticket",
        "desk",
        'Click "Details" in the row of "Coffee machine leaks". Type "A plumber comes on Tuesday." into the field "Reply". Tick "Internal note". Click "Send reply". Wait until "Reply sent".',
        {"on": "D-203", "reply": "A plumber comes on Tuesday.", "internal": "true"},
    ),
    _web(
        "sort and look",
        "desk",
        'select "Oldest" in the list "Sort by", then click "Waiting for parts" and wait until "Nothing here" appears',
        {"sort": "Oldest"},
        {"view": "Waiting for parts"},
    ),
    _web(
        "edit a page",
        "wiki",
        'click "Edit", type "Mason bees like clay." into the field "Text of the page", type "shorter" into the field "Summary", check "This is a minor edit", '
        'click "Publish changes", wait until "Your edit was published"',
        {"text": "Mason bees like clay.", "why": "shorter", "minor": "true"},
    ),
    _web(
        "undo a change",
        "wiki",
        'Click "View history". Wait until "3 Nov" appears. Click "Undo the last change". Make sure "was undone" is visible.',
        {"history": "1"},
        {"undo": "1"},
    ),
    _web(
        "preview",
        "wiki",
        'click "Edit", click the field "Text of the page", press ctrl+end, press enter, type "They are gentle.", click "Show preview", wait until "Preview" appears',
        {"preview": "1"},
    ),
    _web(
        "add to a list",
        "list",
        'type "Thyme" into the field "Add something", click "Add", wait until "Thyme" appears, check "Olives"',
        {"added": "Thyme"},
        {"tick": "Olives", "on": "true"},
    ),
    _web(
        "remove from a list",
        "list",
        'click "Remove" in the row of "Lemons", wait until "Lemons" disappears',
        {"removed": "Lemons"},
    ),
    _web(
        "clear a list",
        "list",
        'check "Flour", wait until "2 left" appears, click "Clear what is done" and wait until "Yeast" disappears',
        {"tick": "Flour", "on": "true"},
        {"cleared": "Flour+Yeast"},
    ),
    _web(
        "pay",
        "bank",
        '1. Type "Rosa Lund" into the field "Recipient"\n2. Type "4410 22 19876" into the field "Account number"\n3. Type "350" into the field "Amount"\n'
        '4. Click "On Friday"\n5. Click "Continue"\n6. Wait until "Is this right?" appears\n7. Click "Pay now"\n8. Wait until "Payment sent" appears',
        {"check": "350"},
        {"to": "Rosa Lund", "acc": "4410 22 19876", "sum": "350", "when": "friday"},
    ),
    _web(
        "go back and change",
        "bank",
        'type "Bo" into the field "Recipient", type "771" into the field "Account number", type "90" into the field "Amount", click "Continue", '
        'wait until "Back" appears, click "Back", wait until "Amount" is visible, type "95" into the field "Amount", click "Continue", click "Pay now"',
        {"check": "90"},
        {"check": "95"},
        {"to": "Bo", "acc": "771", "sum": "95", "when": "today"},
    ),
    _web(
        "read a reference",
        "bank",
        'type "Kim" into the field "Recipient", click "Continue", click "Pay now", wait until "Reference", read "Reference"',
        {"check": ""},
        {"to": "Kim", "acc": "", "sum": "", "when": "today"},
        reads="55-0192",
    ),
    _web(
        "profile",
        "profile",
        'type "kestrel" into the field "Shown name", select "Helsinki" in the list "Time zone", turn on "Email me when somebody follows", click "Friends only", '
        'click "Save profile", wait until "Profile saved"',
        {"nick": "kestrel", "tz": "Helsinki", "mail": "true", "online": "true", "who": "friends"},
    ),
    _web(
        "hide",
        "profile",
        'Turn off "Show when I am online". Choose "Nobody". Click "Save profile". Make sure "Profile saved" is there.',
        {"nick": "kes_07", "tz": "Lisbon", "mail": "false", "online": "false", "who": "none"},
    ),
    _web(
        "search books",
        "library",
        'type "winter" into the field "Titel oder Autor", click "Suchen", wait until "3 Treffer", click "Vormerken" in the row of "Winterreise", wait until "Vorgemerkt" appears',
        {"suche": "winter"},
        {"buch": "Winterreise"},
    ),
    _web(
        "search in German",
        "library",
        'Gib "brandt" in das Feld "Titel oder Autor" ein, drücke Enter, warte bis "2 Treffer" erscheint, klicke auf das zweite "Vormerken"',
        {"suche": "brandt"},
        {"buch": "Sommer am Fluss"},
    ),
    _web(
        "second line of a row",
        "library",
        'type "e" into "Titel oder Autor", press enter, wait until "Treffer", click "Vormerken" in the row of "Emil Winter, 2003"',
        {"suche": "e"},
        {"buch": "Brot und Salz"},
    ),
    _web(
        "move a card",
        "kanban",
        'drag "Import from CSV" to "Finished"',
        {"card": "Import from CSV", "to": "Finished"},
    ),
    _web(
        "new card",
        "kanban",
        'click "Add a card" below "Faster search", type "Offline mode", press enter, wait until "Offline mode" appears',
        {"new": "Offline mode", "in": "Ideas"},
    ),
    _web(
        "date of a card",
        "kanban",
        'click "Faster search", select "Next week" in the list "Due", click "Save card", wait until "Card saved"',
        {"card": "Faster search", "due": "Next week"},
    ),
    _web(
        "archive a card",
        "kanban",
        'Click "Dark icons", then click "Archive card". Wait until "Dark icons" disappears.',
        {"archived": "Dark icons"},
    ),
]

APPS = [
    _app(
        "mousepad path",
        programs.editor(),
        'type "Bring the blue folder.", press ctrl+shift+s, wait until "Cancel", press ctrl+a, type "{home}/folder.txt", press enter, wait until "folder.txt"',
        file_holds("folder.txt", "Bring the blue folder."),
    ),
    _app(
        "mousepad upper case",
        programs.editor("quiet please\n", "sign.txt"),
        'press ctrl+a, click "Edit", click "Convert", click "To Uppercase", press ctrl+s, wait 1 second',
        file_holds("sign.txt", "QUIET PLEASE"),
    ),
    _app(
        "mousepad undo",
        programs.editor("keep me\n", "keep.txt"),
        'press ctrl+a, press delete, click "Edit", click "Undo", press ctrl+end, type "and me", press ctrl+s, wait 1 second',
        file_holds("keep.txt", "keep me\nand me"),
    ),
    _app(
        "galculator keys",
        programs.pocket_calculator,
        'click "9", click "7", click "+", click "3", click "="',
        copied("100", "ctrl+c"),
    ),
    _app(
        "galculator typed",
        programs.pocket_calculator,
        'type "2^10", press enter, wait until "1024"',
        copied("1024", "ctrl+c"),
    ),
    _app(
        "calculator",
        programs.calculator,
        'type "15*(4+6)", press enter, wait until "150" appears',
        copied("150", "ctrl+c"),
    ),
    _app(
        "speedcrunch root",
        program("SpeedCrunch", "speedcrunch"),
        'type "sqrt(1764)+8", press enter, wait until "50"',
        copied("50", "ctrl+r"),
    ),
    _app(
        "speedcrunch ans",
        program("SpeedCrunch", "speedcrunch"),
        'type "19*3", press enter, wait until "57", type "ans+43", press enter, make sure "100" is visible',
        copied("100", "ctrl+r"),
    ),
    _app(
        "featherpad save as",
        program("Untitled", "featherpad"),
        'type "seven lamps", press ctrl+shift+s, wait until "Cancel" appears, press ctrl+a, type "{home}/lamps.txt", press enter, wait until "lamps.txt"',
        file_holds("lamps.txt", "seven lamps"),
    ),
    _app(
        "featherpad menu",
        program("tide", "featherpad", "tide.txt", tide="high at nine\nlow at three\n"),
        'click "Edit", click "Select All", press delete, type "no boats today", click "File", click "Save", wait 1 second',
        file_holds("tide.txt", "no boats today"),
    ),
    _app(
        "featherpad replace",
        program("hens", "featherpad", "hens.txt", hens="one hen, two hen\n"),
        'click "Search", click "Replace", wait 1 second, type "hen" into the field "Find", type "fox" into the field "Replace with", click "Replace all", press ctrl+s, wait 1 second',
        file_holds("hens.txt", "one fox, two fox"),
    ),
    _app(
        "thunar new folder",
        folder,
        'press ctrl+shift+n, wait until "Create", press ctrl+a, type "receipts", click the button "Create", wait until "receipts" appears',
        there("papers/receipts"),
    ),
    _app(
        "thunar copy",
        folder,
        'click "minutes.txt", press ctrl+c, press ctrl+v, wait until "minutes (copy 1).txt" appears',
        there("papers/minutes.txt", "papers/minutes (copy 1).txt"),
    ),
    _app(
        "thunar delete",
        folder,
        'click "draft.txt", press shift+delete, wait until "permanently delete", click the button "Delete", wait until "draft.txt" disappears',
        there("papers/minutes.txt", gone=("papers/draft.txt",)),
    ),
    _app(
        "pcmanfm move",
        programs.files,
        'click "report.txt", press ctrl+x, double-click "archive", wait until "notes.txt" disappears, press ctrl+v, wait until "report.txt" appears',
        there("work/archive/report.txt", "work/notes.txt", gone=("work/report.txt",)),
    ),
    _app(
        "pcmanfm rename",
        programs.files,
        'click "notes.txt", press F2, wait until "Rename", press ctrl+a, type "memo.txt", press enter, wait until "memo.txt" appears',
        there("work/memo.txt", gone=("work/notes.txt",)),
    ),
    _app(
        "gnumeric cell",
        sheet,
        'press down, press right, type "4", press enter, press ctrl+s, wait 2 seconds',
        sheet_holds("Item,Price\nBread,4\nMilk,2"),
    ),
    _app(
        "gnumeric sum",
        sheet,
        'press down 3 times, press right, type "=sum(B2:B3)", press enter, wait until "5" appears, press ctrl+s, wait 2 seconds',
        sheet_holds("Item,Price\nBread,3\nMilk,2\n,5"),
    ),
    _app(
        "l3afpad replace",
        program("rule", "l3afpad", "rule.txt", rule="no dogs, no cats\n"),
        'press ctrl+h, wait until "Replace with", type "no" into the field "Find what", type "all" into the field "Replace with", click "Replace All", wait 1 second, press ctrl+s, wait 1 second',
        file_holds("rule.txt", "all dogs, all cats"),
    ),
    _app(
        "l3afpad save as",
        program("rule", "l3afpad", "rule.txt", rule="quiet\n"),
        'press ctrl+end, type "after ten", click "File", click "Save As...", wait until "Cancel", press ctrl+a, type "{home}/night.txt", press enter, wait until "night.txt"',
        file_holds("night.txt", "quiet\nafter ten"),
    ),
    _app(
        "yad form",
        _dialog(
            "Visit",
            'yad --title=Visit --form --width=420 --field=Guest --field=Lunch:CHK --field=Room:CB "" TRUE "East!West!North"',
        ),
        'type "Ola Berg" into the field "Guest", uncheck "Lunch", select "North" in the list "Room", click "OK"',
        file_holds("said.out", "Ola Berg|FALSE|North|"),
    ),
    _app(
        "zenity entry",
        _dialog("Badge", 'zenity --entry --title=Badge --text="Name on the badge" --entry-text="Guest"'),
        'type "Mira Holt" into the field "Name on the badge", click "OK"',
        file_holds("said.out", "Mira Holt"),
    ),
    _app(
        "zenity no",
        _dialog(
            "Leave",
            'zenity --question --title=Leave --text="Leave without saving?" --ok-label="Leave" --cancel-label="Stay here"',
        ),
        'make sure "Leave without saving?" is visible, then click "Stay here"',
        file_holds("code.out", "1"),
    ),
    _app(
        "zenity one of a list",
        _dialog(
            "Oven",
            'zenity --list --radiolist --title=Oven --text="Which heat?" --width=380 --height=320 --column="" --column=Heat TRUE Low FALSE Middle FALSE High',
        ),
        'click "High", then click "OK"',
        file_holds("said.out", "High"),
    ),
    _app(
        "terminal",
        program("Terminal", "xfce4-terminal", "--disable-server"),
        'type "seq 4 > count.txt", press enter, type "wc -l count.txt", press enter, wait until "4 count.txt" appears',
        file_holds("count.txt", "1\n2\n3\n4"),
    ),
    _app("next picture", programs.pictures, 'press right, wait until "beach" appears', title("beach")),
]
TASKS = [
    *APPS,
    *(
        replace(task, name=f"{task.name} after {late} ms" if late else task.name, latency=late / 1000)
        for late in LATENCIES
        for task in WEB
    ),
]
TRAPS: list[Task] = []

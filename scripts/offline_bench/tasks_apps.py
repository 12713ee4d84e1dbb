"""Tasks on the applications that desktops have, each checked by what is on disk, in the clipboard or in a title."""

from __future__ import annotations

import zipfile

from scripts.offline_bench import programs
from scripts.offline_bench.checks import Check, both, copied, file_holds, json_has, no_window, there, title
from scripts.offline_bench.desk import Desk
from scripts.offline_bench.task import Task


def document_holds(path: str, *texts: str) -> Check:
    """An OpenDocument file has these texts in its content."""

    def check(desk: Desk) -> str | None:
        file = desk.home / path
        if not file.is_file():
            return f"{path} is not there"
        content = zipfile.ZipFile(file).read("content.xml").decode()
        return next((f"no {text!r} in the document" for text in texts if text not in content), None)

    return check


def _bare(_desk: Desk) -> None:
    """Nothing is open."""


def _with_a_plan(desk: Desk) -> None:
    (desk.home / "plan.txt").write_text("Monday: rest\n", "utf-8")
    programs.editor()(desk)


def _line_numbers(desk: Desk) -> str | None:
    file = desk.home / ".config/glib-2.0/settings/keyfile"
    kept = file.read_text("utf-8") if file.is_file() else ""
    return None if "show-line-numbers=true" in kept else f"the settings are {kept!r}"


def _two(desk: Desk) -> None:
    programs.calculator(desk)
    programs.terminal(desk)


TASKS = [
    Task(
        "write and save",
        programs.editor(),
        'type "Dear Ada,\\nthe engine works." then click "File", click "Save As…", wait until "Cancel", press ctrl+a, type "{home}/letter.txt", press enter, wait until "letter.txt"',
        file_holds("letter.txt", "Dear Ada,\nthe engine works."),
    ),
    Task(
        "find and replace",
        programs.editor("a red house, a red door, a red roof\n"),
        'click "Search", click "Find and Replace…", wait until "Replace with", type "red" into the field "Search for", type "green" into the field "Replace with", '
        'check "Replace all in", click the button "Replace All", then click "Close", press ctrl+s, wait 1 second',
        file_holds("letter.txt", "a green house, a green door, a green roof"),
    ),
    Task(
        "preferences of the editor",
        programs.editor(),
        'click "Edit", click "Preferences…", wait until "Show line numbers", check "Show line numbers", press escape',
        _line_numbers,
    ),
    Task(
        "upper case",
        programs.editor("make me loud\n"),
        'press ctrl+a, click "Edit", click "Convert", click "To Uppercase", wait until "MAKE ME LOUD", press ctrl+s, wait 1 second',
        file_holds("letter.txt", "MAKE ME LOUD"),
    ),
    Task(
        "open a file",
        _with_a_plan,
        'press ctrl+o, wait until "Cancel", press ctrl+l, type "{home}/plan.txt", press enter, wait until "Monday: rest", press ctrl+end, type "Tuesday: work", press ctrl+s, wait 1 second',
        file_holds("plan.txt", "Monday: rest\nTuesday: work"),
    ),
    Task(
        "calculate by typing",
        programs.calculator,
        'type "6*7" and press enter, then wait until "42"',
        copied("42", "ctrl+c"),
    ),
    Task(
        "calculate by clicking",
        programs.calculator,
        'click "7", click "×", click "8", click "=", wait until "56"',
        copied("56", "ctrl+c"),
    ),
    Task(
        "pocket calculator",
        programs.pocket_calculator,
        'click "9", click "+", click "4", click "=", wait until "13"',
        copied("13", "ctrl+c"),
    ),
    Task(
        "make a folder",
        programs.files,
        'right-click the text "notes.txt", press escape. Press ctrl+shift+n, wait until "Enter a name", press ctrl+a, type "Invoices", click "OK", wait until "Invoices"',
        there("work/Invoices"),
    ),
    Task(
        "folder by menu",
        programs.files,
        'click "File", click "Create New…", click "Folder", wait until "OK", press ctrl+a, type "Photos", click "OK", wait until "Photos"',
        there("work/Photos"),
    ),
    Task(
        "rename a file",
        programs.files,
        'click "notes.txt", press f2, wait until "OK", press ctrl+a, type "ideas.txt", click "OK", wait until "ideas.txt"',
        there("work/ideas.txt", gone=("work/notes.txt",)),
    ),
    Task(
        "drag a file",
        programs.files,
        'drag "report.txt" to "archive", wait until "report.txt" disappears',
        there("work/archive/report.txt", gone=("work/report.txt",)),
    ),
    Task(
        "go into a folder",
        programs.files,
        'double-click "archive". Press ctrl+shift+n, wait until "OK", press ctrl+a, type "2024", click "OK", wait until "2024"',
        there("work/archive/2024"),
    ),
    Task(
        "delete a file",
        programs.files,
        'click "report.txt", press delete, wait until "Yes", click "Yes", wait until "report.txt" is gone',
        there("work/notes.txt", gone=("work/report.txt",)),
    ),
    Task(
        "command",
        programs.terminal,
        'type "echo saluton > greeting.txt" and press enter. Type "cat greeting.txt", press enter and wait 1 second.',
        file_holds("greeting.txt", "saluton"),
    ),
    Task(
        "long command",
        programs.terminal,
        'type "sleep 3 && seq 5 > five.txt && echo all finished" and press enter, wait until "all finished" appears',
        file_holds("five.txt", "1\n2\n3\n4\n5"),
    ),
    Task(
        "next picture",
        programs.pictures,
        'wait 1 second. If "OK" is visible, click "OK". Then click "Go", click "Forward", wait 1 second, press page down, wait 1 second',
        title("city.png"),
    ),
    Task(
        "full screen and back",
        programs.pictures,
        'wait 1 second. If "OK" is visible, click "OK". Press f11, wait 1 second, press f11, wait until "Go", click "Go", click "Last"',
        title("city.png"),
    ),
    Task(
        "office document",
        programs.writer,
        'type "The harvest was good.\\nWe will need more barrels." then press ctrl+s, wait until "Cancel", press ctrl+a, type "{home}/harvest.odt", press enter, wait until "harvest.odt"',
        document_holds("harvest.odt", "The harvest was good.", "more barrels"),
    ),
    Task(
        "table in a document",
        programs.writer,
        'click "Table", click "Insert Table…", wait until "Columns", click "Insert", wait 1 second, type "Cell one", press ctrl+s, wait until "Cancel", press ctrl+a, type "{home}/table.odt", press enter, wait until "table.odt"',
        document_holds("table.odt", "<table:table ", "Cell one"),
    ),
    Task(
        "tk form",
        programs.tk_form,
        'type "Ada" into the field "First name", type "Lovelace" into the field "Last name", select "Yearly" from "Plan", check "Send me news", uncheck "Fee is paid", click "Large", click "Save", wait until "Membership saved"',
        json_has(
            "tk.json",
            {
                "first": "Ada",
                "last": "Lovelace",
                "plan": "Yearly",
                "news": True,
                "paid": False,
                "size": "Large",
                "saved": True,
            },
        ),
    ),
    Task(
        "tk menu and dialog",
        programs.tk_form,
        'click "Member", click "Leave…", wait until "Leave without saving?", click "Yes"',
        both(json_has("tk.json", {"left": True}), no_window("Membership")),
    ),
    Task(
        "tk note",
        programs.tk_form,
        'type "First line\\nSecond line" into the field "Note", then click "Member" and click "Save member", wait until "Membership saved"',
        json_has("tk.json", {"note": "First line\nSecond line", "saved": True}),
    ),
    Task(
        "gtk form",
        programs.gtk_form,
        'type "private" into the field "Account name", type "mail.example.org" into the field "Server", select "Exchange" in the list "Protocol", check "Remember the password", uncheck "Fetch at once", click "Apply", wait until "All changes are stored"',
        json_has(
            "gtk.json",
            {
                "account": "private",
                "server": "mail.example.org",
                "protocol": "Exchange",
                "remember": True,
                "push": False,
                "stored": True,
            },
        ),
    ),
    Task(
        "gtk tabs",
        programs.gtk_form,
        'click the tab "Appearance", select "High contrast" in the list "Theme", uncheck "Animations", click the "Sharing" tab, click "Boris"',
        json_has("gtk.json", {"theme": "High contrast", "animate": False, "person": "Boris"}),
    ),
    Task(
        "gtk dialog",
        programs.gtk_form,
        'click "Remove profile", wait until "Remove the profile?", click "No". Wait 1 second.',
        json_has("gtk.json", {"removed": False}),
    ),
    Task(
        "open an application",
        _bare,
        'open "Mousepad", wait until "Untitled", type "hello from afar", press ctrl+s, wait until "Cancel", press ctrl+a, type "{home}/afar.txt", press enter, wait until "afar.txt"',
        file_holds("afar.txt", "hello from afar"),
    ),
    Task(
        "two applications",
        _two,
        'type "echo 1 > one.txt" and press enter, click "mod", press escape, type "12*12", press enter, wait until "144"',
        both(file_holds("one.txt", "1"), copied("144", "ctrl+c")),
    ),
]

TRAPS = [
    Task("tk disabled button", programs.tk_form, 'click "Renew"', lambda _d: "it is disabled", possible=False),
    Task("toolbar that is elsewhere", programs.editor(), 'click "Bold"', lambda _d: "no such thing", possible=False),
    Task(
        "no such application",
        _bare,
        'open "Frobnicator 3000"',
        lambda _d: "no such application",
        possible=False,
    ),
    Task(
        "wrong sum",
        programs.calculator,
        'type "2*3" and press enter, then wait until "7 is the answer"',
        lambda _d: "2*3 is not 7",
        possible=False,
    ),
    Task(
        "file that is not there", programs.files, 'double-click "secret.txt"', lambda _d: "no such file", possible=False
    ),
    Task(
        "no end to scroll to",
        programs.editor("one line\n"),
        'scroll down until "The end" is seen',
        lambda _d: "no such text",
        possible=False,
    ),
    Task("keys into nothing", _bare, 'type "hello"', lambda _d: "there is no window", possible=False),
]

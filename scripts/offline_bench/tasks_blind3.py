"""A third set, written at the time of the second and tried only after what the second showed had been mended."""

from __future__ import annotations

from collections.abc import Callable

from scripts.offline_bench.checks import both, copied, file_holds, json_has, nothing_sent, there
from scripts.offline_bench.desk import Desk
from scripts.offline_bench.programs import editor, files, pocket_calculator
from scripts.offline_bench.task import Task
from scripts.offline_bench.tasks_blind import kept, once, shell
from scripts.offline_bench.tasks_blind2 import cells, dialog, in_xterm, on_text, qt, stock


def page(name: str) -> Callable[[Desk], None]:
    """Chromium on one of the pages that belong to this set."""

    def lay(desk: Desk) -> None:
        desk.browser(f"third/{name}")

    return lay


TASKS = [
    Task(
        "third geany",
        on_text("geany", "todo.txt", "one\ntwo"),
        'press ctrl+end, press enter, type "three", choose File > Save',
        file_holds("todo.txt", "one\ntwo\nthree"),
    ),
    Task(
        "third upper",
        on_text("geany", "shout.txt", "wake up"),
        "press ctrl+a, choose Edit > Format > Toggle Case of Selection, press ctrl+s",
        file_holds("shout.txt", "WAKE UP"),
    ),
    Task(
        "third juffed",
        on_text("juffed", "poem.txt", "the rain, the rain"),
        'press ctrl+end, type " again", choose File > Save',
        file_holds("poem.txt", "the rain, the rain again"),
    ),
    Task(
        "third highlight",
        editor("some words"),
        'choose Edit > Preferences, check "Highlight current line"',
        kept(".config", "highlight-current-line=true"),
    ),
    Task(
        "third properties",
        files,
        'right-click "notes.txt", choose "Properties", type "ideas.txt" into the field "Name", click "OK"',
        there("work/ideas.txt", gone=("work/notes.txt",)),
    ),
    Task(
        "third sheet",
        stock,
        'click "Screws", press delete, choose File > Save',
        cells("stock.gnumeric", ",60"),
    ),
    Task(
        "third forms",
        shell(
            "Patient",
            "zenity --forms --title=Patient --text=Data --add-entry='First name' --add-entry='Insurance number' > forms.txt",
        ),
        'type "Rosa" into the field "First name", type "K 4471" into the field "Insurance number", click "OK"',
        file_holds("forms.txt", "Rosa|K 4471"),
    ),
    Task(
        "third menu",
        dialog("--menu", "Colour", "14", "50", "4", "r", "Red", "g", "Green", "b", "Blue"),
        "press down twice, press enter",
        file_holds("answer", "b"),
    ),
    Task(
        "third substitute",
        in_xterm("vim", "vim song.txt", song_txt="la la\nla\n"),
        'type ":%s/la/do/g", press enter, type ":x", press enter',
        file_holds("song.txt", "do do\ndo"),
    ),
    Task(
        "third tree",
        qt("radio", "Radio settings"),
        'click "Stations", double-click "Talk", click "Science", click "Apply"',
        json_has("radio.json", {"genre": "Science"}),
    ),
    Task(
        "third letter",
        qt("mail", "New message"),
        'type "omar@example.org" into the field "To", type "eva@example.org" into the field "Cc", select "Urgent" in the list "Priority", '
        "choose Message > Save draft",
        json_has(
            "mail.json", {"did": "draft", "to": "omar@example.org", "copy": "eva@example.org", "priority": "Urgent"}
        ),
    ),
    Task("third pocket", pocket_calculator, 'click "8", "4", "-", "3", "9", "="', copied("45", "ctrl+c")),
    Task(
        "third class",
        page("gym.html"),
        'click "Friday", click "Book" in the row of "Boxing 18:30"',
        once(did="book", day="Friday", what="Boxing 18:30"),
    ),
    Task(
        "third correo",
        page("correo.html"),
        'escribe "Lucía Peña" en el campo "Remitente", escribe "Óscar Gil" en el campo "Destinatario", escribe "28013" en el campo '
        '"Código postal", elige "Urgente" en la lista "Servicio", marca "Añadir seguro", haz clic en "Continuar", espera hasta "Etiqueta creada"',
        once(de="Lucía Peña", para="Óscar Gil", cp="28013", servicio="Urgente", seguro="si"),
    ),
    Task(
        "third trip",
        page("pick.html"),
        'click "Pick a day", click "17", click "First", click "Bicycle", click "Table seat", click "Find trains"',
        once(day="17 September 2027", on="First,Bicycle,Table seat"),
    ),
    Task(
        "third member",
        page("roles.html"),
        'type "chi" into the field "Find a member", click "Make owner", click "Invite member", type "fay@example.org" into the field "E-mail", '
        'select "Writer" in the list "Role", click "Send invitation"',
        both(once(did="owner", who="Chiara Neri"), once(did="invite", mail="fay@example.org", role="Writer")),
    ),
    Task(
        "third kiosk",
        page("kiosk.html"),
        'click "Veggie burger", click "Lemonade" twice, click "Pay at the counter", wait until "Your number is"',
        once(order="Veggie burger,Lemonade,Lemonade"),
    ),
    Task("third recording", page("misc.html?rec"), 'click "Pause recording"', once(did="pause")),
    Task("third toast", page("misc.html?toast"), 'click "Arm the alarm"', once(did="arm")),
    Task("third switch", page("misc.html?plain"), 'turn on "Holiday mode"', once(did="mode", on="true")),
    Task("third late", page("misc.html?late"), 'click "Open locker 12"', once(did="open")),
]


def _trap(name: str, say: str) -> Task:
    return Task(f"third trap {name}", page(f"misc.html?{name}"), say, nothing_sent, possible=False)


TRAPS = [
    _trap("recd", 'click "Pause recording"'),
    _trap("toastd", 'click "Arm the alarm", wait until "armed"'),
    _trap("plaind", 'turn on "Holiday mode"'),
    _trap("field", 'type "12.5" into the field "Meter reading"'),
    _trap("other", 'click "Delete"'),
    _trap("saved", 'click "Save", wait until "All changes saved"'),
    _trap("swap", 'click "Move up"'),
]

"""Tasks on pages and programs that the predictor was not built with: written from its documented language alone.

Nothing in coasty_desk/ may be fitted to a single one of them; when it has been, it belongs to tasks_web.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scripts.offline_bench import programs, traps_unseen
from scripts.offline_bench.checks import Check, both, copied, file_holds, nothing_sent, there
from scripts.offline_bench.desk import Desk
from scripts.offline_bench.task import Task
from scripts.offline_bench.tasks_apps import document_holds
from scripts.offline_bench.tasks_web import page


def unseen(name: str) -> Callable[[Desk], None]:
    """A browser on one of the unseen pages."""
    return page(f"unseen/{name}.html")


def only(*expected: Mapping[str, str]) -> Check:
    """Exactly these reports arrived, in this order, with exactly these values."""

    def check(desk: Desk) -> str | None:
        got = [{key: value for key, value in one.items() if key != "path"} for one in desk.site.sent]
        return None if got == [dict(one) for one in expected] else f"the site got {got}"

    return check


def ends(**expected: str) -> Check:
    """The last report, which tells the whole state of the page, has exactly these values."""

    def check(desk: Desk) -> str | None:
        got = {key: value for key, value in (desk.site.sent or [{}])[-1].items() if key != "path"}
        return None if got == expected else f"the site got {got}"

    return check


TASKS = [
    Task(
        "unseen sign-up",
        unseen("signup"),
        'Type "Nora" into the field "First name". Type "Lindqvist" into the field "Last name". Type "nora.lindqvist" into the field "Username". '
        'Type "nora@lindqvist.example" into the field "Work email". Type "blue-Kettle-19" into the field "Password". '
        'Turn on "Two-step verification". Click "Create account". Wait until "Account created" appears.',
        only(
            {
                "first": "Nora",
                "last": "Lindqvist",
                "user": "nora.lindqvist",
                "mail": "nora@lindqvist.example",
                "password": "blue-Kettle-19",
                "two": "true",
                "news": "true",
            }
        ),
    ),
    Task(
        "unseen bank transfer",
        unseen("transfer"),
        '1. Type "Fahrrad Huber GmbH" into the field "Empfänger"\n2. Type "AT61 1904 3002 3457 3201" into the field "IBAN"\n'
        '3. Type "249,90" into the field "Betrag in EUR"\n4. Type "Rechnung 2026-118" into the field "Verwendungszweck"\n'
        '5. Select "Zum Monatsende" in the list "Ausführung"\n6. Click "Weiter"\n7. Wait until "Bitte prüfen Sie Ihre Angaben" appears\n'
        '8. Click "Jetzt überweisen"\n9. Wait until "wurde angenommen" appears',
        only(
            {
                "to": "Fahrrad Huber GmbH",
                "iban": "AT61 1904 3002 3457 3201",
                "amount": "249,90",
                "why": "Rechnung 2026-118",
                "when": "Zum Monatsende",
                "template": "false",
            }
        ),
    ),
    Task(
        "unseen government form",
        unseen("benefit"),
        '1) type "Sam Reed" into "Full name"\n2) type "14" into "Day", type "9" into "Month" and type "1991" into "Year"\n'
        '3) click the radio button "Wales"\n4) check "I confirm that my answers are true"\n5) click the "Continue" button\n'
        '6) wait until "Your application was received"',
        only({"name": "Sam Reed", "day": "14", "month": "9", "year": "1991", "live": "Wales", "confirmed": "true"}),
    ),
    Task(
        "unseen cookie banner",
        unseen("store"),
        'If "We use cookies" is visible, click "Only necessary". Select "Large" in the 2nd "Size" list. Click "Add to basket" below "Rain jacket", '
        'then click "Add to basket" below "Canvas tote" and wait until "Basket (2)". '
        'Click "Basket (2)", click "Go to checkout", wait until "Order confirmed".',
        only({"basket": "Rain jacket/Large, Canvas tote", "cookies": "necessary"}),
    ),
    Task(
        "unseen read a total",
        unseen("store"),
        'click "Accept all", click the last "Add to basket" button, click the link "Basket (1)", wait until "Your basket", '
        'then read the text next to "Total"',
        nothing_sent,
        reads="44.85",
    ),
    Task(
        "unseen forward a mail",
        unseen("posteingang"),
        'click "Rechnung November", wait until "Sehr geehrte Frau Keller", click "Weiterleiten", type "buchhaltung@keller.example" into the field "An", '
        'click in the field "Text", type "Bitte bis Freitag bezahlen.", click "Senden" and wait until "Nachricht gesendet"',
        only(
            {
                "kind": "Weiterleitung",
                "to": "buchhaltung@keller.example",
                "subject": "WG: Rechnung November",
                "text": "Bitte bis Freitag bezahlen.",
            }
        ),
    ),
    Task(
        "unseen tick two mails",
        unseen("posteingang"),
        'Check the checkbox next to "Newsletter Gartenwelt". Check the checkbox next to "Ihr Paket ist unterwegs". Click "Löschen". '
        'Wait until "Newsletter Gartenwelt" disappears.',
        only({"gelöscht": "Ihr Paket ist unterwegs, Newsletter Gartenwelt"}),
    ),
    Task(
        "unseen new event",
        unseen("calendar"),
        'click "New event", type "Dentist" into the field "Title", select "Thursday" in the list "Day", choose "16:30" from "Start", '
        'tick "Remind me an hour before", click "Create event", wait until "Event created"',
        only({"title": "Dentist", "day": "Thursday", "start": "16:30", "remind": "true"}),
    ),
    Task(
        "unseen drag an event",
        unseen("calendar"),
        'Drag "Team lunch" to "Fri 20", then wait until "Event moved".',
        only({"moved": "Team lunch", "to": "Fri"}),
    ),
    Task(
        "unseen until a week",
        unseen("calendar"),
        'repeat until "Book club" is visible: click "Next week"',
        only({"week": "48"}, {"week": "49"}, {"week": "50"}),
    ),
    Task(
        "unseen close a ticket",
        unseen("tickets"),
        'Click "Close" in the row of "Printer on floor 3 jams". Wait until "Resolution" appears. Select "Duplicate" in the list "Resolution". '
        'Click "Close ticket". Wait until "Ticket 1042 closed".',
        only({"closed": "1042", "resolution": "Duplicate", "note": ""}),
    ),
    Task(
        "unseen second of a filter",
        unseen("tickets"),
        'select "Waiting" in the list "Show", wait until "Mailbox is full" disappears, click the 2nd "Comment" button, '
        'type "Any news from the vendor?" into the field "Your comment", click "Post comment", wait until "Comment added"',
        only({"comment": "Any news from the vendor?", "on": "1047"}),
    ),
    Task(
        "unseen moving house",
        unseen("umzug"),
        '1. Type "Lindenweg 8" into the field "Straße und Hausnummer"\n2. Type "24103" into the field "Postleitzahl"\n3. Type "Kiel" into the field "Ort"\n'
        '4. Click "Weiter" and wait until "Schritt 2 von 3"\n5. Type "Am Hafen 21" into the field "Straße und Hausnummer"\n6. Type "18055" into the field "Postleitzahl"\n'
        '7. Type "Rostock" into the field "Ort"\n8. Click "Weiter" and wait until "Schritt 3 von 3"\n9. Click "Ab dem nächsten Monatsersten"\n'
        '10. Check "Auch Pakete nachsenden"\n11. Select "12 Monate" from "Dauer"\n12. Click "Auftrag absenden" and wait until "Vielen Dank"',
        only(
            {
                "from": "Lindenweg 8|24103|Kiel",
                "to": "Am Hafen 21|18055|Rostock",
                "start": "monat",
                "parcels": "true",
                "time": "12 Monate",
            }
        ),
    ),
    Task(
        "unseen toggles",
        unseen("prefs"),
        'Turn off "Share diagnostics". Turn on "Show previews". Click "Automatic". Choose "Large" from the list "Text size". Wait 1 second.',
        ends(previews="true", sounds="true", diagnostics="false", mobile="false", look="auto", size="Large"),
    ),
    Task(
        "unseen chat",
        unseen("chat"),
        'click "Jonas Berg", wait until "what can I do for you", type "Please book a room for eight at three." into the field "Write a message", press enter, '
        'wait until "I have booked a room" appears, then read the text next to "Room booked"',
        only({"to": "Jonas Berg", "text": "Please book a room for eight at three."}),
        reads="4.12 North",
    ),
    Task(
        "unseen french comment",
        unseen("brume"),
        'Scroll down until "Publier le commentaire" is seen. Type "Hélène" into the field "Votre nom", type "Très beau texte, merci !" into the field "Commentaire", '
        'check "Prévenez-moi des réponses", then click "Publier le commentaire" and wait until "en attente de modération".',
        only({"name": "Hélène", "comment": "Très beau texte, merci !", "tell": "true"}),
    ),
    Task(
        "unseen old register",
        unseen("registry"),
        'Type "Okafor" into the field "Family name" and type "Adaeze" into the field "Given name". Type "St. Mary" into the field "Parish". '
        'Type "2019" into the field "Member since". Select "Steward" from the list "Class of member". Click "Saturday". '
        'Type "Rings the tenor.\nHas a key to the tower." into the field "Remarks". Click "Submit Entry". Wait until "Your entry has been received".',
        only(
            {
                "family": "Okafor",
                "given": "Adaeze",
                "parish": "St. Mary",
                "since": "2019",
                "class": "Steward",
                "day": "sat",
                "remarks": "Rings the tenor.\r\nHas a key to the tower.",
            }
        ),
    ),
    Task(
        "unseen keys alone",
        unseen("registry"),
        'click the field "Family name", type "Holm", press tab, type "Birgit", press tab 4 times, press space, press tab, press down, '
        'press tab, type "By post, please." and then press tab, press enter, wait until "Thank you"',
        only(
            {
                "family": "Holm",
                "given": "Birgit",
                "parish": "",
                "since": "",
                "class": "Apprentice",
                "bulletin": "yes",
                "day": "wed",
                "remarks": "By post, please.",
            }
        ),
    ),
    Task(
        "unseen tab and accordion",
        unseen("console"),
        'click the tab "API keys", click "Create a key", type "backup job" into the field "Key name", click "Choose a scope", click "Read only", '
        'click "Generate", wait until "Key created", read the text next to "Secret"',
        only({"key": "backup job", "scope": "Read only"}),
        reads="QX-7742-RT",
    ),
    Task(
        "unseen rows and toasts",
        unseen("console"),
        'Click "Suspend" in the row of "Farah Nasser" and wait until "Farah Nasser was suspended" appears. Wait until "was suspended" is gone. '
        'Then click "Reset password" in the row of "Ivo Marek".',
        only({"suspended": "Farah Nasser"}, {"reset": "Ivo Marek"}),
    ),
    Task(
        "unseen second password",
        unseen("portal"),
        'type "m.keller" into the field "Username", type "Lake-4410" into the field "Password", click "Sign in", wait until "The password is not right" appears, '
        'clear the field "Password", type "Lake-4411" into the field "Password", check "Remember this device", click "Sign in", wait until "Signed in as m.keller"',
        only(
            {"user": "m.keller", "password": "Lake-4410", "remember": "false", "ok": "false"},
            {"user": "m.keller", "password": "Lake-4411", "remember": "true", "ok": "true"},
        ),
    ),
    Task(
        "unseen flight",
        unseen("flights"),
        'Click the field "From", type "Lis", click "Lisbon (LIS)". Click the field "To", type "Osl" and click "Oslo Gardermoen (OSL)". '
        'Click "Economy", click "Business". Click "+" next to "Adults" twice. Click "Search flights". Wait until "3 flights found".',
        only(
            {
                "from": "Lisbon (LIS)",
                "to": "Oslo Gardermoen (OSL)",
                "cabin": "Business",
                "adults": "3",
                "children": "0",
            }
        ),
    ),
    Task(
        "unseen packing list",
        unseen("notes"),
        'click "Packing list", click the field "Title", press ctrl+a, type "Packing list for Bergen", click the field "Text", press ctrl+end, press enter, '
        'type "wool socks", press enter, type "rain trousers", click "Save draft", wait until "Draft saved"',
        only({"as": "draft", "title": "Packing list for Bergen", "text": "tent\nmatches\nwool socks\nrain trousers"}),
    ),
    Task(
        "unseen context menu",
        unseen("notes"),
        'right-click "Phone numbers", click "Duplicate", wait until "Phone numbers (copy)"',
        only({"did": "Duplicate", "note": "Phone numbers"}),
    ),
    Task(
        "unseen date and time",
        unseen("timesheet"),
        'Click "Date". Type "11/18/2026". Type "08:30AM" into the field "Start". Type "05:15PM" into the field "End". '
        'Type "45" into the field "Break (minutes)". Select "Harbour bridge" from the list "Project". Click "Add entry". Wait until "Entry added".',
        only({"date": "2026-11-18", "start": "08:30", "end": "17:15", "rest": "45", "project": "Harbour bridge"}),
    ),
    Task(
        "unseen two addresses",
        unseen("shipping"),
        'type "Marktgasse 4" into the field "Street" below "Billing address", type "Bern" into the field "City" below "Billing address", '
        'type "Seeweg 11" into the field "Street" below "Delivery address", type "Thun" into the field "City" below "Delivery address", '
        'click "Save addresses", wait until "Addresses saved"',
        only(
            {
                "billing": "Marktgasse 4, Bern",
                "delivery": "Seeweg 11, Thun",
                "postcode": "",
                "town": "",
                "region": "Please choose",
                "way": "Standard",
                "reference": "",
            }
        ),
    ),
    Task(
        "unseen duplicate a line",
        programs.editor("apples\npears\nplums\n", "fruit.txt"),
        'press ctrl+home, press down, click "Edit", click "Duplicate Line / Selection", wait 1 second, press ctrl+s, wait 1 second',
        file_holds("fruit.txt", "apples\npears\npears\nplums"),
    ),
    Task(
        "unseen copy into a folder",
        programs.files,
        'click "notes.txt", press ctrl+c, double-click "archive", wait until "report.txt" disappears, press ctrl+v, wait until "notes.txt" appears',
        there("work/archive/notes.txt", "work/notes.txt", "work/report.txt"),
    ),
    Task(
        "unseen clear and divide",
        programs.pocket_calculator,
        'click "8", click "5", click "AC". Then type "84/7", press enter and wait until "12".',
        copied("12", "ctrl+c"),
    ),
    Task(
        "unseen bold words",
        programs.writer,
        'type "Harvest supper on Sunday", press ctrl+a, press ctrl+b, press ctrl+s, wait until "Cancel", press ctrl+a, type "{home}/supper.odt", press enter, '
        'wait until "supper.odt" appears',
        both(
            document_holds("supper.odt", "Harvest supper on Sunday"),
            document_holds("supper.odt", 'fo:font-weight="bold"'),
        ),
    ),
]

TRAPS = traps_unseen.TRAPS

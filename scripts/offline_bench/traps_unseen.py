"""What cannot be done on the unseen pages and programs, each for another reason that looks like success."""

from __future__ import annotations

from scripts.offline_bench.task import Task
from scripts.offline_bench.tasks_web import page


def _trap(name: str, file: str, say: str, why: str) -> Task:
    return Task(f"unseen {name}", page(f"unseen/{file}.html"), say, lambda _desk: why, possible=False)


TRAPS = [
    _trap(
        "amount over the limit",
        "transfer",
        'type "5000,00" into the field "Betrag in EUR", then type "Miete November" into the field "Verwendungszweck"',
        "the amount becomes 1.000,00 as soon as its field is left",
    ),
    _trap("button that only ripples", "signup", 'click "Resend code"', "nothing happens but an effect on the button"),
    _trap(
        "size that is sold out", "store", 'select "X-Large" in the first "Size" list', "that option cannot be chosen"
    ),
    _trap(
        "name that is taken",
        "signup",
        'type "admin" into the field "Username"',
        "the page empties the field after a second",
    ),
    _trap("switch that flips back", "prefs", 'turn on "Sync over mobile data"', "it goes off again after a second"),
    _trap(
        "date that does not exist",
        "benefit",
        'Type "Sam Reed" into the field "Full name". Type "31" into the field "Day". Type "2" into the field "Month". Type "1990" into the field "Year". '
        'Click "Wales". Check "I confirm that my answers are true". Click "Continue". Wait until "Your application was received" appears.',
        "the page says that it was not received",
    ),
    _trap("city twice", "shipping", 'type "Bern" into the field "City"', "which of the two?"),
    _trap("save of two kinds", "notes", 'click "Save"', "there are Save draft and Save as template, but no Save"),
    _trap(
        "focus that jumps",
        "shipping",
        'type "30125" into the field "Postcode"',
        "after four digits the page goes on to Town, which gets the last",
    ),
    _trap(
        "choice that undoes another",
        "shipping",
        'select "Tirol" in the list "Region", then select "Express" in the list "Delivery"',
        "choosing the one resets the other",
    ),
    _trap(
        "field that shouts",
        "shipping",
        'type "Order for Ms. Weber" into the field "Reference"',
        "the page makes capitals of it",
    ),
    _trap(
        "submitted before",
        "timesheet",
        'click "Submit week", wait until "Submitted" appears',
        "the weeks before are submitted, this one is refused",
    ),
]

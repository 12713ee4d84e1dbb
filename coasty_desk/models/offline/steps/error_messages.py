"""Whether a screen complains of what was just done to it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from coasty_desk.models.offline.targeting.matching import folded
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box

_COMPLAINT = re.compile(
    r"""(?xi) \b(?:
      errors? | fail(?:ed|ure|s)? | invalid | incorrect | wrong | required | denied | declined | rejected | refused | expired | unavailable
    | insufficient | sold\ out | out\ of\ stock | not\ (?:available|possible|enough|permitted) | try\ again
    | unable\ to | could\ ?n[o']t | can(?:not|'t)\ be | does\ not\ match | do\ not\ match | not\ (?:valid|found|allowed|saved|sent|accepted)
    | please\ (?:fill|enter|choose|select|check|correct|provide)
    | fehler | ungültige?r?s? | fehlgeschlagen | falsche?[rs]? | abgelehnt | pflichtfeld | nicht\ (?:gefunden|möglich|erlaubt|gespeichert|gesendet)
    | bitte\ (?:füllen|geben|wählen|prüfen) | nicht\ verfügbar | ausverkauft
    | erreur | échec | invalide | refusée? | obligatoire | veuillez | impossible | indisponible | épuisée?
    | inválid[oa] | incorrect[oa] | rechazad[oa] | obligatori[oa] | agotad[oa] | no\ (?:disponible|válid[oa]|se\ pudo|es\ posible)
    ) \b"""
)
"""What errors are called; a screen that newly says one of these is no evidence that all went well."""


def complaint(before: ReadScreen, after: ReadScreen, changes: Sequence[Box], task: str) -> str | None:
    """The first text that has come where the screen changed, and says that something went wrong; None where the task speaks of that."""
    known = {folded(text.text) for text in before.texts}
    for text in after.texts:
        found = _COMPLAINT.search(text.text)
        has_come = found and folded(text.text) not in known and any(box.meets(text.box) for box in changes)
        if has_come and found and found[0].lower() not in task.lower():
            return text.text.strip()
    return None

"""Where a machine's browser keeps what it keeps."""

from __future__ import annotations

PROFILE = ".config/coasty-desk-browser"
"""The profile, in the machine's home: of its own, never a person's. It holds whatever the browser is logged in to."""

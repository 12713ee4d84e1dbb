"""Arguments to an exit code."""

COMPLETE_VARIABLE = "_COASTY_DESK_COMPLETE"
"""Set by a shell's completion script when it asks what may come next."""

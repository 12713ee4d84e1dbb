"""The gates and wrappers that are put around any target, in their one order."""

"""The ways to stop a run, armed before its first input."""

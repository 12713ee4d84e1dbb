"""Instructions as people write them, in any of its languages, to steps."""

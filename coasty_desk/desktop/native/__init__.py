"""Windows and macOS."""

"""Secrets' values, found in whatever spelling and put out of sight. Pure."""

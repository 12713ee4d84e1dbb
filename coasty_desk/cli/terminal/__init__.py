"""The person's terminal: asked, written to, and left as it was."""

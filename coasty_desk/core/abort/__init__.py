"""What counts as a person's wish to stop, and the key that means it. Pure."""

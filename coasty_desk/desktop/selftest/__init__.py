"""Whether all of it works on this desktop: proved on a window of its own."""

"""Which place on the screen an instruction means."""

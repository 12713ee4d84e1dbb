"""When schedules fire, as a pure function of what they say and of the time."""

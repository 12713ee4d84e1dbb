"""This desktop as tools for assistants, by the Model Context Protocol: a session of calls is a run in every respect."""

"""Screens that are not the one in front of the person."""

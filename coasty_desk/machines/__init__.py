"""Machines that programs drive: each with a worker process that alone touches its display, its programs and its files."""

"""X11: input, windows, keymaps and watching, over python-xlib."""

"""Actions done with the real mouse and keyboard."""

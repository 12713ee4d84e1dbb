"""The terminal that the program was started from: found, put aside, kept out of everything."""

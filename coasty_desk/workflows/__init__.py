"""Workflows (API.md §12): their definition as closed values, read with every mistake named, and what comes next in a run of one. Pure."""

"""The version, said once: the build reads it here, and whoever tells it need not search what is installed."""

VERSION = "0.1.0"

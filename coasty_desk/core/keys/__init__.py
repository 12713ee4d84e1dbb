"""The keys that there are, and what models call them. Pure."""

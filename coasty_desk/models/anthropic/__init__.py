"""Anthropic's models by the Messages API and its computer tool (MODELS.md §1.1)."""

"""OpenAI's models by the Responses API and its computer tool (MODELS.md §1.2)."""

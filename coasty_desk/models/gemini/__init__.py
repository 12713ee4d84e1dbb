"""Google's Gemini models by the Interactions API and its computer use for desktops (MODELS.md §1.3)."""

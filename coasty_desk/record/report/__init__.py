"""A recorded run as a page or an animation."""

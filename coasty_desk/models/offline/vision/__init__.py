"""What stands on a screenshot: texts, shapes, and what has changed."""

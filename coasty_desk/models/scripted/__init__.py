"""A model that plays what was written down for it: for tests and demonstrations, so that nobody needs a model to try what asks one."""

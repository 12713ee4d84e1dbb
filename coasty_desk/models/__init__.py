"""Whoever says what to do next: the service, and the predictor that comes along."""

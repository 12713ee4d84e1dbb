"""What every platform's parts need of each other: ports, and the state that they share."""

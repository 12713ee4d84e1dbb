"""How each kind of step is done, and what shows that it is."""

"""A machine of a service's as a target: looked at and driven over `/v1`, whoever's it is."""

"""The client of `/v1`, of the service on this computer and of Coasty alike: machines, runs, keys, models, usage, sessions."""

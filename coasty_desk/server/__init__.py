"""This desktop as a service: the published `/v1` over HTTP, made from one table of operations."""

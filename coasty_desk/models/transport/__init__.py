"""How a request goes out to any address and comes back, once: connections kept open, proxies, and what can go wrong on the way."""

"""What is on the screen: pictures of it, its monitors and windows, and the badge on it."""

"""What applications say of themselves, and whether it can be believed."""

"""From pixels to the picture that is sent."""

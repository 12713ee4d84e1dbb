"""When the screen has answered an input and rests."""

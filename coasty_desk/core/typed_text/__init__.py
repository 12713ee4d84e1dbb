"""What the keys of a run have written so far, and what a shell would make of it. Pure."""

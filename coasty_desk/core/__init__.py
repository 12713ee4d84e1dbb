"""The run itself: values, ports and the loop. Imports nothing but the standard library, and msgspec for its values."""

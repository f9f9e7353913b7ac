"""A county's school year as raw events, an account of it by plain loops, and the same year lived through in the system."""

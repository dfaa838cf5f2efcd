"""Methods through time: one a file."""

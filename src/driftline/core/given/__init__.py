"""Numbers beside what the other columns of their rows lead to expect."""

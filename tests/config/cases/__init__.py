"""For each rule what breaks it, what must be said, and what is nearly the same and allowed."""

"""One noun per file, reused by the stacks. A secure property is set last, so that a caller cannot weaken it."""

"""`make try`: a page of this machine's own where a person asks a deployed model."""

"""Questions to AWS and their answers, as rows of a table: what the preflight and the verification share."""

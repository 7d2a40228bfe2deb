"""Why an artifact is not registered."""


class RefusedError(Exception):
    """Its message names the file, the rule and the mend."""

"""When a model server that ended by itself is started again."""

_LONGEST_SECONDS = 60.0
# Who lived so long did not end because of how it starts.
_SETTLED_SECONDS = 60.0


class Backoff:
    """Delays between restarts: none at first, then a second, and twice as long each time until one lives."""

    def __init__(self) -> None:
        self._delay = 0.0

    def next_delay(self, lived_seconds: float) -> float:
        """Return how long to wait, in seconds, after a server that lived so long."""
        if lived_seconds >= _SETTLED_SECONDS:
            self._delay = 0.0
        delay = self._delay
        self._delay = min(2 * delay or 1.0, _LONGEST_SECONDS)
        return delay

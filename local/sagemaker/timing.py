"""How fast the local cloud's hosting lives: how long instances take to come, and how long a minute of metrics is.

The defaults are AWS's, except that an instance is there at once. `python -m local start` sets both by these variables:
ASHLAR_LOCAL_INSTANCE_START_SECONDS and ASHLAR_LOCAL_TIME_FACTOR.
"""

import functools
import os
from dataclasses import dataclass

START_VARIABLE = "ASHLAR_LOCAL_INSTANCE_START_SECONDS"
FACTOR_VARIABLE = "ASHLAR_LOCAL_TIME_FACTOR"


@dataclass(frozen=True)
class Timing:
    """Seconds as AWS has them, each divided by `time_factor` where it is waited for.

    `instance_start_seconds` is waited for in full: how long a new instance takes before its process starts.
    """

    time_factor: float = 1.0
    instance_start_seconds: float = 0.0
    # SageMaker publishes most metrics every minute and concurrent requests every ten seconds.
    period_seconds: float = 60.0
    high_resolution_seconds: float = 10.0
    # How often Application Auto Scaling looks: as often as the finest metric has something new.
    tick_seconds: float = 10.0

    # Processes start and files come as fast as this machine does it, whatever the factor.
    least_limit_seconds: float = 20.0

    def shortened(self, seconds: float) -> float:
        """Return how long `seconds` of AWS's take here."""
        return seconds / self.time_factor

    def limit(self, seconds: float) -> float:
        """Return how long something that AWS limits to `seconds` may take here."""
        return min(seconds, max(self.shortened(seconds), self.least_limit_seconds))


@functools.cache
def timing() -> Timing:
    """Return the timing of this process."""
    return Timing(
        time_factor=float(os.environ.get(FACTOR_VARIABLE) or 1.0),
        instance_start_seconds=float(os.environ.get(START_VARIABLE) or 0.0),
    )

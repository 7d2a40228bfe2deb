"""The question and its answer: two variants of one endpoint, by what was captured and labelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial

from config.schema import Endpoint
from ops.compare import capture, ground_truth, join
from ops.compare.comparison import Comparison, independent, paired
from ops.compare.join import METRICS, Problems, Scored
from ops.compare.predictions import Pointer
from ops.compare.store import Store
from ops.session import OpsError

Say = Callable[[str], None]


def pair_of(settings: Endpoint, champion: str | None, challenger: str | None) -> tuple[str, str]:
    """Champion and challenger: as named, else the heaviest variant and the only other one, a shadow among them.

    Raises OpsError where that is not two variants of the endpoint, or nothing is captured.
    """
    names = list(settings.served)
    for name in (champion, challenger):
        if name is not None and name not in names:
            raise OpsError(f"The endpoint has no variant {name!r}. It has: {', '.join(names)}.")
    if settings.capture is None:
        raise OpsError("The endpoint captures nothing: declare `capture: {percent: …}` and deploy it.")
    rest = [name for name in settings.variants if name != challenger]
    first = champion or max(rest, key=settings.weights.__getitem__, default=None)
    others = [challenger] if challenger else [name for name in names if name != first]
    if first is None or len(others) != 1 or others[0] == first:
        raise OpsError(f"Name two to compare, --champion V --challenger V, of: {', '.join(names)}.")
    return first, others[0]


def check_question(metric: str, alpha: float) -> None:
    """Raise OpsError for a metric or level that is none."""
    if metric not in METRICS:
        raise OpsError(f"--metric {metric!r} is not known. Use one of: {', '.join(METRICS)}.")
    if not 0 < alpha < 1:
        raise OpsError(f"--alpha {alpha:g} is no probability of error: it is above 0 and below 1, as 0.05 is.")


def compare(
    store: Store,
    settings: Endpoint,
    names: tuple[str, str],
    *,
    destination: str,
    since: datetime,
    pointer: Pointer,
    metric: str,
    alpha: float,
) -> Comparison:
    """Read everything since then, and conclude. `destination`: where SageMaker writes what it captures, s3://….

    Raises OpsError for a metric or level that is none.
    """
    check_question(metric, alpha)
    problems: Problems = Counter()
    said = join.each(store.labelled(since), ground_truth.read, problems)
    right = join.truths(said, problems)

    def scores(variant: str) -> dict[str, Scored]:
        reader = partial(capture.read, pointer=pointer)
        given = join.answers(join.each(store.captured(destination, variant, since), reader, problems), since, problems)
        answered.update(given)
        return join.scored(given, right, METRICS[metric], problems)

    answered: set[str] = set()
    champion, challenger = scores(names[0]), scores(names[1])
    unknown = len(right.keys() - answered)
    if unknown:
        problems["ground truth of none of these answers"] = unknown
    shadows = settings.shadow is not None and settings.shadow.name in names
    method = paired if shadows else independent
    return method(names, champion, challenger, alpha, problems)

"""Send a file of reviews through the API and say how well the answers fit the ratings."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from ops.api import CONNECTIONS, Api
from ops.reviews_file import Review, read_reviews
from ops.session import OpsError

LABELS = (-1, 0, 1)
NO_TEXT = "the row has no review text"
# One request is answered by one variant: enough requests that the variants' shares of a file mean something.
REQUESTS_WANTED = 1000
ROWS_PER_REQUEST = 100

Answer = dict[str, Any]


@dataclass
class Report:
    """What came back: requests by variant, and (true, predicted) pairs of the rated rows."""

    rows: int = 0
    errors: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[int, int]] = field(default_factory=Counter)

    def share(self, variant: str) -> float:
        """The variant's share of the requests, 0 to 1."""
        return self.requests[variant] / max(self.requests.total(), 1)

    def accuracy(self) -> float:
        """Share of the rated rows that were predicted right."""
        return sum(n for (true, predicted), n in self.pairs.items() if true == predicted) / self.pairs.total()

    def macro_f1(self) -> float:
        """Mean of the F1 of the classes that occur, as true or as predicted."""
        seen = {label for pair in self.pairs for label in pair}
        return sum(self._f1(label) for label in seen) / len(seen)

    def _f1(self, label: int) -> float:
        right = self.pairs[label, label]
        true = sum(n for (t, _), n in self.pairs.items() if t == label)
        predicted = sum(n for (_, p), n in self.pairs.items() if p == label)
        return 2 * right / (true + predicted)


def batch_size(rows: int) -> int:
    """Rows in one request: one by one in a small file, up to 100 in a large one."""
    return max(1, min(ROWS_PER_REQUEST, rows // REQUESTS_WANTED))


def invoke_file(
    api: Api, endpoint: str, source: Path, out: Path, batch: int, progress: Callable[[int], None]
) -> Report:
    """One JSON object per row of `source`, in its order, to `out`. The file appears only when it is whole."""
    report = Report()
    partial = out.with_name(f"{out.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as lines, _pool() as pool:
            for rows, answer in _in_order(pool, api, endpoint, _batches(read_reviews(source), batch)):
                for line in _lines(rows, answer, report):
                    lines.write(json.dumps(line, ensure_ascii=False) + "\n")
                progress(len(rows))
        partial.replace(out)
    except OSError as error:
        raise OpsError(f"{out} cannot be written: {error}. Name another file: --out FILE.jsonl") from None
    finally:
        partial.unlink(missing_ok=True)
    return report


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Threads that begin nothing more once one request has failed."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _in_order(
    pool: ThreadPoolExecutor, api: Api, endpoint: str, batches: Iterable[list[Review]]
) -> Iterator[tuple[list[Review], Answer | None]]:
    """Answers in the order of the file, with a bounded number of requests on their way."""
    waiting: deque[tuple[list[Review], Future[Answer | None]]] = deque()
    for rows in batches:
        waiting.append((rows, pool.submit(_predict, api, endpoint, rows)))
        if len(waiting) == 2 * CONNECTIONS:
            first, future = waiting.popleft()
            yield first, future.result()
    for first, future in waiting:
        yield first, future.result()


def _predict(api: Api, endpoint: str, rows: list[Review]) -> Answer | None:
    """The rows that have text as one request; None when none has."""
    instances = [row.instance for row in rows if row.text]
    return api.predict(endpoint, instances) if instances else None


def _lines(rows: list[Review], answer: Answer | None, report: Report) -> Iterator[Answer]:
    predictions = iter(answer["predictions"] if answer else [])
    if answer:
        report.requests[answer["variant"]] += 1
    for row in rows:
        report.rows += 1
        if not row.text or answer is None:
            report.errors += 1
            yield {"error": NO_TEXT}
            continue
        prediction = next(predictions)
        if row.label is not None:
            report.pairs[row.label, prediction["label"]] += 1
        yield {
            "label": prediction["label"],
            "probabilities": prediction["probabilities"],
            "variant": answer["variant"],
            "model_package": answer["model_package"],
            "request_id": answer.get("request_id"),
        }


def _batches(rows: Iterator[Review], size: int) -> Iterator[list[Review]]:
    while batch := list(islice(rows, size)):
        yield batch

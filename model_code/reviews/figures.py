"""The figures of an evaluation: scores of the whole split and of its parts, and the curves behind them."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from dataset import LABELS, Review
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_curve, precision_recall_fscore_support

Floats = npt.NDArray[np.float64]
CURVE_POINTS = 60
CALIBRATION_BINS = 10
WORDS = ((0, 30), (30, 60), (60, 90), (90, None))  # of a text; the upper bound is the next one's


def scores(labels: list[int], predicted: list[int]) -> dict[str, Any]:
    columns = precision_recall_fscore_support(labels, predicted, labels=LABELS, zero_division=0)
    names = ("precision", "recall", "f1", "support")
    per_class = {
        str(label): dict(zip(names, (column[index].item() for column in columns), strict=True))
        for index, label in enumerate(LABELS)
    }
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "macro_f1": sum(figures["f1"] for figures in per_class.values()) / len(LABELS),
        "per_class": per_class,
        "confusion_matrix": {
            "labels": list(LABELS),
            "rows": confusion_matrix(labels, predicted, labels=LABELS).tolist(),
        },
        "rows": len(labels),
    }


def precision_recall(is_class: npt.NDArray[np.bool_], probability: Floats) -> list[tuple[float, float]]:
    """Points (recall, precision) of one class against the others, from recall 1 down."""
    precision, recall, _ = precision_recall_curve(is_class, probability)
    return _thinned(list(zip(recall.tolist(), precision.tolist(), strict=True)))


def calibration(is_class: npt.NDArray[np.bool_], probability: Floats) -> list[tuple[float, float, int]]:
    """Mean predicted probability, observed share and reviews of each tenth of the scale that holds any."""
    bins = np.minimum((probability * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    held = [bins == number for number in range(CALIBRATION_BINS)]
    return [(float(probability[its].mean()), float(is_class[its].mean()), int(its.sum())) for its in held if its.any()]


def best_threshold(is_class: npt.NDArray[np.bool_], probability: Floats) -> dict[str, float]:
    """The threshold above which calling it this class gives the best F1, with what it gives."""
    precision, recall, thresholds = precision_recall_curve(is_class, probability)
    f1 = 2 * precision[:-1] * recall[:-1] / np.maximum(precision[:-1] + recall[:-1], 1e-12)
    best = int(f1.argmax())
    values = (thresholds[best], precision[best], recall[best], f1[best])
    return dict(zip(("threshold", "precision", "recall", "f1"), map(float, values), strict=True))


def segments(reviews: list[Review]) -> dict[str, dict[str, list[int]]]:
    """The rows of each part of the split: by department and rating, where the data has them, and by length."""
    keys: dict[str, Callable[[Review], str]] = {
        "department": lambda review: review.department or "(none)",
        "rating": lambda review: "(none)" if review.rating is None else str(review.rating),
        "length": _length,
    }
    parts: dict[str, dict[str, list[int]]] = {}
    for kind, key in keys.items():
        rows: dict[str, list[int]] = defaultdict(list)
        for number, review in enumerate(reviews):
            rows[key(review)].append(number)
        if list(rows) != ["(none)"]:
            parts[kind] = dict(sorted(rows.items()))
    return parts


def _length(review: Review) -> str:
    words = len(review.text.split())
    low, high = next((low, high) for low, high in WORDS if high is None or words < high)
    return f"{low:>2} words and more" if high is None else f"{low:>2} to {high - 1} words"


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """As many points, of falling recall, as a chart can show; both ends among them."""
    kept = points[:1]
    for point in points[1:-1]:
        if kept[-1][0] - point[0] >= 1 / CURVE_POINTS:
            kept.append(point)
    return [*kept, points[-1]]

"""The order of the classes as two questions: is a review negative, and is it less than positive?

Neutral lies between the other two, which a model of three unordered classes cannot know. Two logistic regressions ask
where a review lies on that order (Frank and Hall, "A simple approach to ordinal classification", ECML 2001). Travels in
model.tar.gz with the candidates that use it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import expit

Floats: TypeAlias = npt.NDArray[np.float64]

CUTS = (0, 1)  # a label below 0 is negative, one below 1 is negative or neutral


@dataclass(frozen=True)
class Ordinal:
    """One linear model for each cut."""

    coefficients: Floats  # cut by column
    intercepts: Floats  # cut

    def scores(self, matrix: Any) -> Floats:
        """Log-odds of a label below each cut, document by cut."""
        return np.asarray(matrix @ self.coefficients.T + self.intercepts, dtype=np.float64)

    def save(self, folder: Path) -> None:
        np.save(folder / "coefficients.npy", self.coefficients, allow_pickle=False)
        np.save(folder / "intercepts.npy", self.intercepts, allow_pickle=False)


def load_ordinal(folder: Path) -> Ordinal:
    coefficients, intercepts = (
        np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("coefficients", "intercepts")
    )
    return Ordinal(coefficients, intercepts)


def probabilities(scores: Floats) -> Floats:
    """Of the three classes, document by class, from the log-odds of the cuts."""
    negative, not_positive = expit(scores).T
    # The two models are fitted apart and can contradict each other: then nothing is left for neutral.
    rows = np.column_stack([negative, np.maximum(not_positive - negative, 0), 1 - not_positive])
    return np.asarray(rows / rows.sum(axis=1, keepdims=True), dtype=np.float64)

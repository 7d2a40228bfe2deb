"""What the trees of the XGBoost candidate see of a review; travels in model.tar.gz, so serving sees the same.

Trees are poor at adding up thousands of words that each say a little, and a linear model is good at it: they get its
scores, how the review is written, and the most frequent words themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from features import Document, Features, Matrix, load_features, save_features
from ordinal import Ordinal, load_ordinal
from scipy import sparse
from style import style


@dataclass(frozen=True)
class Inputs:
    features: Features
    ordinal: Ordinal
    terms: npt.NDArray[np.int64]  # the columns of the features that the trees see

    def rows(self, documents: Sequence[Document]) -> Matrix:
        matrix = self.features.matrix(documents)
        return self.joined(self.ordinal.scores(matrix), documents, matrix)

    def joined(self, scores: npt.NDArray[np.float64], documents: Sequence[Document], matrix: Matrix) -> Matrix:
        """The scores are given apart: in training they come from models that have not seen the row."""
        dense = sparse.csr_matrix(np.hstack([scores, style(documents)]))
        return sparse.hstack([dense, matrix[:, self.terms]], format="csr")

    def save(self, folder: Path) -> None:
        save_features(self.features, folder)
        self.ordinal.save(folder)
        np.save(folder / "terms.npy", self.terms, allow_pickle=False)


def load_inputs(folder: Path) -> Inputs:
    return Inputs(load_features(folder), load_ordinal(folder), np.load(folder / "terms.npy", allow_pickle=False))

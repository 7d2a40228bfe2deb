"""The linear candidate's model: ordinal logistic regression on TF-IDF. XGBoost takes its scores as features."""

import warnings

import numpy as np
import numpy.typing as npt
from features import Matrix
from ordinal import Ordinal
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression


def fit_ordinal(
    matrix: Matrix, below: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64], c: float, max_iter: int
) -> Ordinal:
    """One regression for each cut: `below` says, row by cut, on which side the truth is; `c` is 1 / L2 penalty."""
    models = [LogisticRegression(C=c, max_iter=max_iter, tol=1e-3) for _ in below.T]
    with warnings.catch_warnings():
        # A fit cut short is still a model; the line below says so where a warning would only look like noise.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for model, truth in zip(models, below.T, strict=True):
            model.fit(matrix, truth, sample_weight=weights)
    iterations = int(max(max(model.n_iter_) for model in models))
    if iterations >= max_iter:
        print(f"{iterations} iterations, stopped before convergence; raise --max_iter", flush=True)
    return Ordinal(np.vstack([model.coef_ for model in models]), np.hstack([model.intercept_ for model in models]))

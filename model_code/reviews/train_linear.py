"""Trains the linear candidate: logistic regression on TF-IDF of title and text.

Run it on a laptop, from this folder, after preprocess.py:

    mkdir -p /tmp/reviews/linear
    SM_CHANNEL_TRAIN=/tmp/reviews/splits/train SM_CHANNEL_VALIDATION=/tmp/reviews/splits/validation \
        SM_MODEL_DIR=/tmp/reviews/linear python train_linear.py --c 1.0
    mkdir -p /tmp/reviews/models/linear && tar -czf /tmp/reviews/models/linear/model.tar.gz -C /tmp/reviews/linear .

Writes coefficients.npy, intercepts.npy, vocabulary.json, idf.npy, classes.json and code/ into SM_MODEL_DIR.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from features import Matrix
from job import Arguments, failures_reported, positive_float, positive_int
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from training import cpus, features_of, folder_from, labels_of, pack_serving, print_metrics, read_channel, weights_of


def main() -> None:
    options = parse_arguments()
    folder = folder_from("SM_MODEL_DIR")
    folder.mkdir(parents=True, exist_ok=True)
    train, validation = read_channel("train"), read_channel("validation")
    with threadpool_limits(cpus()):
        matrix, validation_matrix = features_of(train, validation, options.max_features, options.min_df)
        model = LogisticRegression(C=options.c, max_iter=options.max_iter, tol=1e-3)
        fit(model, matrix, labels_of(train), weights_of(train, options.weight_power))
        print_metrics(labels_of(validation), model.predict(validation_matrix))
    save(model, folder)
    pack_serving("linear")


def parse_arguments() -> argparse.Namespace:
    arguments = Arguments(__doc__)
    arguments.add_argument("--c", type=positive_float, default=1.0, help="inverse of the L2 penalty")
    arguments.add_argument("--max_features", type=positive_int, default=20_000, help="terms kept, most frequent first")
    arguments.add_argument("--min_df", type=positive_int, default=2, help="reviews a term must occur in")
    arguments.add_argument("--weight_power", type=float, default=0.8, help="0 ignores the class weights, 1 is full")
    arguments.add_argument("--max_iter", type=positive_int, default=300)
    return arguments.parse_args()


def fit(model: LogisticRegression, matrix: Matrix, labels: object, weights: object) -> None:
    with warnings.catch_warnings():
        # A fit cut short is still a model; the line below says so where a warning would only look like noise.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(matrix, labels, sample_weight=weights)
    iterations = int(max(model.n_iter_))
    end = "converged" if iterations < model.max_iter else "stopped before convergence; raise --max_iter"
    print(f"trained: {iterations} iterations, {end}", flush=True)


def save(model: LogisticRegression, folder: Path) -> None:
    np.save(folder / "coefficients.npy", model.coef_, allow_pickle=False)
    np.save(folder / "intercepts.npy", model.intercept_, allow_pickle=False)


if __name__ == "__main__":
    with failures_reported():
        main()

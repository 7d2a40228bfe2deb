"""Trains the linear candidate: ordinal logistic regression on TF-IDF of title and text.

Run it on a laptop, from this folder, after preprocess.py:

    mkdir -p /tmp/reviews/linear
    SM_CHANNEL_TRAIN=/tmp/reviews/splits/train SM_CHANNEL_VALIDATION=/tmp/reviews/splits/validation \
        SM_MODEL_DIR=/tmp/reviews/linear python train_linear.py --c 1.0
    mkdir -p /tmp/reviews/models/linear && tar -czf /tmp/reviews/models/linear/model.tar.gz -C /tmp/reviews/linear .

Writes coefficients.npy, intercepts.npy, vocabulary.json, idf.npy, classes.json, code/ and manifest.json into
SM_MODEL_DIR. A fit takes seconds, so it keeps no checkpoints.
"""

import argparse
import os
from dataclasses import dataclass

import numpy as np
from dataset import Review
from features import Features, save_features
from folds import cross_validate
from job import Arguments, fail, failures_reported, folds_int, positive_float, positive_int
from linear import fit_ordinal
from ordinal import CUTS, Ordinal, probabilities
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from training import (
    Floats,
    cpus,
    documents_of,
    fitted,
    folder_from,
    labels_of,
    pack,
    print_metrics,
    read_channel,
    weights_of,
)

MODULES = ("features.py", "ordinal.py", "payload.py")  # what serving needs


@dataclass(frozen=True)
class LinearModel:
    features: Features
    ordinal: Ordinal

    def predict(self, reviews: list[Review]) -> Floats:
        """Probabilities, review by class."""
        return probabilities(self.ordinal.scores(self.features.matrix(documents_of(reviews))))


def main() -> None:
    options = parse_arguments()
    folder = folder_from("SM_MODEL_DIR")
    folder.mkdir(parents=True, exist_ok=True)
    refuse_earlier_model()
    train, validation = read_channel("train"), read_channel("validation")
    with threadpool_limits(cpus()):
        model = fit(train, options)
        print_metrics(labels_of(validation), model.predict(validation))
        if options.folds:
            cross_validate(train, options.folds, lambda others, number: fit(others, options).predict)
    save_features(model.features, folder)
    model.ordinal.save(folder)
    pack("linear", MODULES)


def parse_arguments() -> argparse.Namespace:
    arguments = Arguments(__doc__)
    # The toolkit that runs the script writes a name of one letter with one dash.
    arguments.add_argument("-c", "--c", type=positive_float, default=1.0, help="inverse of the L2 penalty")
    arguments.add_argument("--max_features", type=positive_int, default=20_000, help="terms kept, most frequent first")
    arguments.add_argument("--min_df", type=positive_int, default=2, help="reviews a term must occur in")
    arguments.add_argument("--weight_power", type=float, default=0.8, help="0 ignores the class weights, 1 is full")
    arguments.add_argument("--max_iter", type=positive_int, default=300)
    arguments.add_argument("--folds", type=folds_int, default=0, help="2 or more: k-fold validation; 0: none")
    return arguments.parse_args()


def refuse_earlier_model() -> None:
    if os.environ.get("SM_CHANNEL_MODEL"):
        fail(
            "channel model: the linear candidate does not continue from an earlier model: its fit ends in the same "
            "place wherever it begins, and forgets data it is not given. Remove `incremental` and train on all data."
        )


def fit(train: list[Review], options: argparse.Namespace) -> LinearModel:
    features, matrix = fitted(train, options.max_features, options.min_df)
    weights = weights_of(train, options.weight_power)
    below = np.column_stack([labels_of(train) < cut for cut in CUTS])
    return LinearModel(features, fit_ordinal(matrix, below, weights, options.c, options.max_iter))


if __name__ == "__main__":
    with failures_reported():
        main()

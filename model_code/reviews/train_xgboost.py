"""Trains the XGBoost candidate: boosted trees on TF-IDF of title and text, stopped early on validation.

Run it on a laptop, from this folder, after preprocess.py:

    mkdir -p /tmp/reviews/xgboost
    SM_CHANNEL_TRAIN=/tmp/reviews/splits/train SM_CHANNEL_VALIDATION=/tmp/reviews/splits/validation \
        SM_MODEL_DIR=/tmp/reviews/xgboost python train_xgboost.py --num_round 300
    mkdir -p /tmp/reviews/models/xgboost && tar -czf /tmp/reviews/models/xgboost/model.tar.gz -C /tmp/reviews/xgboost .

Writes model.ubj, vocabulary.json, idf.npy, classes.json and code/ into SM_MODEL_DIR.
"""

import argparse
from typing import Any

import numpy as np
import xgboost as xgb
from dataset import LABELS, Review
from features import Matrix
from job import Arguments, failures_reported, positive_float, positive_int
from training import cpus, features_of, folder_from, labels_of, pack_serving, print_metrics, read_channel, weights_of

REPORT_EVERY = 10  # rounds


def main() -> None:
    options = parse_arguments()
    folder = folder_from("SM_MODEL_DIR")
    folder.mkdir(parents=True, exist_ok=True)
    train, validation = read_channel("train"), read_channel("validation")
    matrix, validation_matrix = features_of(train, validation, options.max_features, options.min_df)
    train_rows = rows_of(matrix, train, options)
    booster = fit(train_rows, rows_of(validation_matrix, validation, options, bins_of=train_rows), options)
    probabilities = booster.predict(xgb.DMatrix(validation_matrix, nthread=cpus()))
    print_metrics(labels_of(validation), np.array(LABELS)[probabilities.argmax(axis=1)])
    booster.save_model(folder / "model.ubj")
    pack_serving("xgboost")


def parse_arguments() -> argparse.Namespace:
    """Names and meanings are XGBoost's own; the defaults are tuned for a few thousand terms on few cores."""
    arguments = Arguments(__doc__)
    arguments.add_argument("--num_round", type=positive_int, default=300)
    arguments.add_argument("--early_stopping_rounds", type=positive_int, default=20)
    arguments.add_argument("--eta", type=positive_float, default=0.2)
    arguments.add_argument("--max_depth", type=int, default=0, help="0: no limit but max_leaves")
    arguments.add_argument("--max_leaves", type=int, default=24)
    arguments.add_argument("--max_bin", type=positive_int, default=16, help="16 bins are enough for TF-IDF")
    arguments.add_argument("--subsample", type=positive_float, default=0.8)
    arguments.add_argument("--colsample_bytree", type=positive_float, default=0.3)
    arguments.add_argument("--max_features", type=positive_int, default=3_000, help="terms kept, most frequent first")
    arguments.add_argument("--min_df", type=positive_int, default=3, help="reviews a term must occur in")
    arguments.add_argument("--weight_power", type=float, default=0.8, help="0 ignores the class weights, 1 is full")
    arguments.add_argument("--seed", type=int, default=7)
    return arguments.parse_args()


class Progress(xgb.callback.TrainingCallback):
    """Prints the log loss every few rounds, in lines that a metric definition can parse."""

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        if epoch % REPORT_EVERY == 0:
            losses = " ".join(f"{split}:mlogloss={log['mlogloss'][-1]:.5f}" for split, log in evals_log.items())
            print(f"round={epoch} {losses}", flush=True)
        return False  # never the one to stop the training


def rows_of(
    matrix: Matrix, reviews: list[Review], options: argparse.Namespace, bins_of: xgb.QuantileDMatrix | None = None
) -> xgb.QuantileDMatrix:
    """The reviews in XGBoost's own form; validation takes the bins of train."""
    return xgb.QuantileDMatrix(
        matrix,
        label=labels_of(reviews) - LABELS[0],  # XGBoost counts classes from 0
        weight=weights_of(reviews, options.weight_power),
        max_bin=options.max_bin,
        nthread=cpus(),
        ref=bins_of,
    )


def fit(train: xgb.QuantileDMatrix, validation: xgb.QuantileDMatrix, options: argparse.Namespace) -> xgb.Booster:
    """The booster up to its best round."""
    tree_names = ("eta", "max_depth", "max_leaves", "max_bin", "subsample", "colsample_bytree", "seed")
    booster = xgb.train(
        {
            "objective": "multi:softprob",
            "num_class": len(LABELS),
            "eval_metric": "mlogloss",
            "tree_method": "hist",
            "grow_policy": "lossguide",
            "nthread": cpus(),
            **{name: getattr(options, name) for name in tree_names},
        },
        train,
        num_boost_round=options.num_round,
        evals=[(train, "train"), (validation, "validation")],
        early_stopping_rounds=options.early_stopping_rounds,
        verbose_eval=False,
        callbacks=[Progress()],
    )
    print(f"trained: best round {booster.best_iteration} of {booster.num_boosted_rounds()}", flush=True)
    return booster[: booster.best_iteration + 1]


if __name__ == "__main__":
    with failures_reported():
        main()

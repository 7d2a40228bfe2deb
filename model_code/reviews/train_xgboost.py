"""Trains the XGBoost candidate: boosted trees on linear scores, style and frequent words, stopped early on validation.

Run it on a laptop, from this folder, after preprocess.py:

    mkdir -p /tmp/reviews/xgboost
    SM_CHANNEL_TRAIN=/tmp/reviews/splits/train SM_CHANNEL_VALIDATION=/tmp/reviews/splits/validation \
        SM_MODEL_DIR=/tmp/reviews/xgboost python train_xgboost.py --num_round 300
    mkdir -p /tmp/reviews/models/xgboost && tar -czf /tmp/reviews/models/xgboost/model.tar.gz -C /tmp/reviews/xgboost .

Writes model.ubj, what inputs.py keeps, classes.json, code/ and manifest.json into SM_MODEL_DIR. Where there is a folder
for checkpoints (checkpoint.py) a training that was ended is resumed. With a channel `model` that holds an earlier
model.tar.gz it continues from that model: its words, scores and trees stay, new trees learn from the new data. A
channel without one, when none is served yet, is no error: it begins anew.
"""

import argparse
import os
from dataclasses import dataclass
from functools import partial

import numpy as np
import xgboost as xgb
from boosting import Plan, boost
from checkpoint import Checkpoint, checkpoint_folder, fingerprint
from dataset import LABELS, Review
from earlier_model import EarlierModel, read_earlier_model
from features import Matrix
from folds import Predict, cross_validate
from inputs import Inputs
from job import Arguments, failures_reported, folds_int, non_negative_int, positive_float, positive_int
from scorers import fit_inputs
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from training import Floats, cpus, documents_of, folder_from, labels_of, pack, print_metrics, read_channel, weights_of

MODULES = ("features.py", "inputs.py", "ordinal.py", "payload.py", "style.py")  # what serving needs
TREE_SETTINGS = ("eta", "max_depth", "max_leaves", "max_bin", "subsample", "colsample_bytree", "seed")

ROWS_PER_THREAD = 50_000


@dataclass(frozen=True)
class BoostedModel:
    inputs: Inputs
    booster: xgb.Booster

    def predict(self, reviews: list[Review]) -> Floats:
        """Probabilities, review by class."""
        rows = xgb.DMatrix(self.inputs.rows(documents_of(reviews)), nthread=threads(len(reviews)))
        return np.asarray(self.booster.predict(rows), dtype=np.float64)


def main() -> None:
    options = parse_arguments()
    folder = folder_from("SM_MODEL_DIR")
    folder.mkdir(parents=True, exist_ok=True)
    train, validation = read_channel("train"), read_channel("validation")
    earlier = read_earlier_model(folder_from("SM_CHANNEL_MODEL")) if os.environ.get("SM_CHANNEL_MODEL") else None
    if earlier is None:
        print("training from the beginning", flush=True)
    with threadpool_limits(cpus()):
        model = fit(train, validation, options, "xgboost", earlier)
        print_metrics(labels_of(validation), model.predict(validation))
        if options.folds:
            cross_validate(train, options.folds, partial(fit_fold, validation, options, earlier))
    model.inputs.save(folder)
    model.booster.save_model(folder / "model.ubj")
    pack("xgboost", MODULES)


def parse_arguments() -> argparse.Namespace:
    """Names and meanings are XGBoost's own where it has them; the defaults are chosen in docs/model-code.md."""
    arguments = Arguments(__doc__)
    arguments.add_argument("--num_round", type=positive_int, default=600, help="at most; validation stops it earlier")
    arguments.add_argument("--early_stopping_rounds", type=positive_int, default=25)
    arguments.add_argument("--eta", type=positive_float, default=0.05)
    arguments.add_argument("--max_depth", type=non_negative_int, default=0, help="0: no limit but max_leaves")
    arguments.add_argument("--max_leaves", type=non_negative_int, default=6, help="0: no limit but max_depth")
    arguments.add_argument("--max_bin", type=positive_int, default=64)
    arguments.add_argument("--subsample", type=positive_float, default=0.8)
    arguments.add_argument("--colsample_bytree", type=positive_float, default=0.5)
    arguments.add_argument("--seed", type=int, default=7)
    # The toolkit that runs the script writes a name of one letter with one dash.
    arguments.add_argument("-c", "--c", type=positive_float, default=1.0, help="linear scores: inverse of L2 penalty")
    arguments.add_argument("--max_iter", type=positive_int, default=300, help="of the linear scores")
    arguments.add_argument("--max_features", type=positive_int, default=20_000, help="terms kept, most frequent first")
    arguments.add_argument("--min_df", type=positive_int, default=2, help="reviews a term must occur in")
    arguments.add_argument("--tree_terms", type=non_negative_int, default=300, help="terms that the trees see as well")
    arguments.add_argument("--weight_power", type=float, default=0.8, help="0 ignores the class weights, 1 is full")
    arguments.add_argument("--folds", type=folds_int, default=0, help="2 or more: k-fold validation; 0: none")
    arguments.add_argument("--checkpoint_every", type=positive_int, default=25, help="rounds between checkpoints")
    return arguments.parse_args()


def fit(
    train: list[Review],
    validation: list[Review],
    options: argparse.Namespace,
    name: str,
    earlier: EarlierModel | None,
) -> BoostedModel:
    """Validation stops it; `name` is that of its checkpoint."""
    if earlier:
        inputs, rows = earlier.inputs, earlier.inputs.rows(documents_of(train))
    else:
        inputs, rows = fit_inputs(train, options)
    train_rows = quantised(rows, train, weights_of(train, options.weight_power), options)
    # Weighed like train: unweighted loss goes on falling long after macro-F1 has stopped rising.
    weights = weights_of(validation, options.weight_power, like=train)
    validation_rows = quantised(inputs.rows(documents_of(validation)), validation, weights, options, train_rows)
    settings = {key: value for key, value in vars(options).items() if key != "folds"}
    settings |= {"earlier": earlier.digest if earlier else None, "xgboost": xgb.__version__}
    plan = Plan(
        rounds=options.num_round,
        patience=options.early_stopping_rounds,
        checkpoint=Checkpoint(checkpoint_folder(), name),
        checkpoint_every=options.checkpoint_every,
        fingerprint=fingerprint(settings, train, validation),
    )
    trees = {key: getattr(options, key) for key in TREE_SETTINGS}
    booster = boost(
        parameters(trees, len(train)), train_rows, validation_rows, plan, earlier.booster if earlier else None
    )
    return BoostedModel(inputs, booster)


def fit_fold(
    validation: list[Review],
    options: argparse.Namespace,
    earlier: EarlierModel | None,
    others: list[Review],
    number: int,
) -> Predict:
    return fit(others, validation, options, f"xgboost-fold-{number}", earlier).predict


def parameters(trees: dict[str, float], rows: int) -> dict[str, object]:
    return {
        "objective": "multi:softprob",
        "num_class": len(LABELS),
        "eval_metric": "mlogloss",
        "tree_method": "hist",
        "grow_policy": "lossguide",
        "seed_per_iteration": True,  # a round's chance depends on its number alone: see boosting.py
        "nthread": threads(rows),
        **trees,
    }


def threads(rows: int) -> int:
    """A round on few rows is over before threads have met: two take six times as long as one on 13,000."""
    return min(cpus(), 1 + rows // ROWS_PER_THREAD)


def quantised(
    rows: Matrix,
    reviews: list[Review],
    weights: Floats,
    options: argparse.Namespace,
    bins_of: xgb.QuantileDMatrix | None = None,
) -> xgb.QuantileDMatrix:
    """The reviews in XGBoost's own form; validation takes the bins of train."""
    labels = labels_of(reviews) - LABELS[0]  # XGBoost counts classes from 0
    return xgb.QuantileDMatrix(
        rows, label=labels, weight=weights, max_bin=options.max_bin, nthread=threads(len(reviews)), ref=bins_of
    )


if __name__ == "__main__":
    with failures_reported():
        main()

"""k-fold validation: how much a candidate's macro-F1 owes to the luck of one split."""

import statistics
from collections.abc import Callable
from hashlib import blake2b

from dataset import Review
from job import fail
from training import Floats, labels_of, macro_f1

Predict = Callable[[list[Review]], Floats]  # probabilities, review by class


def cross_validate(reviews: list[Review], folds: int, fit: Callable[[list[Review], int], Predict]) -> None:
    """Fits on all folds but one, in turn, scores each on the one left out, and prints mean and spread.

    `fit` gets the reviews to learn from and the number of the fold. The spread is the standard deviation of the folds.
    """
    scores = []
    for number in range(folds):
        left_out = [review for review in reviews if fold_of(review, folds) == number]
        others = [review for review in reviews if fold_of(review, folds) != number]
        if len({review.label for review in others}) < 3 or not left_out:
            fail(f"--folds {folds}: fold {number} leaves too few reviews to learn from. Use fewer folds or more data.")
        scores.append(macro_f1(labels_of(left_out), fit(others, number)(left_out)))
        print(f"fold={number} folds:macro_f1={scores[-1]:.4f}", flush=True)
    print(f"folds:macro_f1_mean={statistics.mean(scores):.4f}", flush=True)
    print(f"folds:macro_f1_spread={statistics.stdev(scores):.4f}", flush=True)


def fold_of(review: Review, folds: int) -> int:
    """By the review's words: copies that oversampling made are in one fold, whatever else there is."""
    digest = blake2b(f"{review.title}\0{review.text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % folds

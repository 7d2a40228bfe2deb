"""Fits what the trees see: the words, and linear models whose scores of a training row come from others' rows."""

import argparse

import numpy as np
import numpy.typing as npt
from dataset import Review
from features import Matrix
from folds import fold_of
from inputs import Inputs
from linear import fit_ordinal
from training import Floats, documents_of, fitted, weights_of

RATING_CUTS = (2, 3, 4, 5)  # "fewer stars than this"
RATING_OF_LABEL = {-1: 2, 0: 3, 1: 4}  # where the data has labels alone
INNER_FOLDS = 5


def fit_inputs(train: list[Review], options: argparse.Namespace) -> tuple[Inputs, Matrix]:
    """The inputs, and their rows of train."""
    features, matrix = fitted(train, options.max_features, options.min_df)
    ratings = np.array([review.rating or RATING_OF_LABEL[review.label] for review in train])
    cuts = [cut for cut in RATING_CUTS if len(set(ratings < cut)) == 2]
    below = np.column_stack([ratings < cut for cut in cuts])
    weights = weights_of(train, options.weight_power)
    ordinal = fit_ordinal(matrix, below, weights, options.c, options.max_iter)
    inputs = Inputs(features, ordinal, frequent_terms(matrix, options.tree_terms))
    scores = held_out_scores(train, matrix, below, weights, options)
    return inputs, inputs.joined(scores, documents_of(train), matrix)


def held_out_scores(
    train: list[Review],
    matrix: Matrix,
    below: npt.NDArray[np.bool_],
    weights: Floats,
    options: argparse.Namespace,
) -> Floats:
    """Scores of every row by models that have not seen it: those that have would teach the trees to trust them."""
    folds = np.array([fold_of(review, INNER_FOLDS) for review in train])
    scores = np.zeros(below.shape)
    for number in range(INNER_FOLDS):
        left_out, others = folds == number, folds != number
        if left_out.any():
            ordinal = fit_ordinal(matrix[others], below[others], weights[others], options.c, options.max_iter)
            scores[left_out] = ordinal.scores(matrix[left_out])
    return scores


def frequent_terms(matrix: Matrix, most: int) -> npt.NDArray[np.int64]:
    """The columns of the terms in the most reviews, in order."""
    reviews = np.asarray((matrix > 0).sum(axis=0)).ravel()
    return np.sort(np.argsort(-reviews, kind="stable")[:most]).astype(np.int64)

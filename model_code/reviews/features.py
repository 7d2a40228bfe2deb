"""TF-IDF of a review's words and of its title's, saved as JSON and .npy and rebuilt from them without pickle.

This file trains and serves: it travels in model.tar.gz, so the words a model sees are cut the same way everywhere.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer, strip_accents_unicode

Matrix: TypeAlias = Any  # scipy.sparse CSR, float64, one row per document; SciPy ships no types
Document: TypeAlias = tuple[str, str]  # title, "" for none, and text

WORD = r"(?u)\b\w[\w']*\b"  # keeps "don't" and "i": negation and person carry sentiment
# What follows one of these, up to the next mark of punctuation, is denied: `not_soft` is another word than `soft`.
NEGATION = re.compile(
    r"\b((?:not|no|never|nor|without|hardly|cannot|"
    r"(?:did|does|do|was|is|wo|ca|could|would|has|had|have|are|were|should)n't)\b)([^.!?;,]*)"
)
FIRST_LETTER = re.compile(r"(?<![\w'])(?=\w)")
TITLE_SHARE = 0.6  # a title's words count once more, and less: chosen by cross-validation, see docs/model-code.md
TITLE_TERMS = 0.2  # of max_features, for titles
# Long words, an accent, an apostrophe, a repetition: what releases of scikit-learn could come to treat differently.
PROBE: Document = (
    "Returned, alas!",
    "I don't love the café dress, the dress is not soft; it is very VERY itchy & too small. Returned it!",
)


@dataclass(frozen=True)
class Features:
    """Two fitted vectorisers; a row of the matrix has the words of title and text first, then the title's alone."""

    words: TfidfVectorizer
    titles: TfidfVectorizer | None  # None: hardly a title in the data

    def matrix(self, documents: Sequence[Document]) -> Matrix:
        words = self.words.transform(map(whole, documents))
        return _joined(words, self.titles.transform(map(title, documents)) if self.titles else None)

    def terms(self) -> tuple[list[str], list[str]]:
        titles = self.titles.get_feature_names_out().tolist() if self.titles else []
        return self.words.get_feature_names_out().tolist(), titles


def whole(document: Document) -> str:
    return f"{document[0]} {document[1]}" if document[0] else document[1]


def title(document: Document) -> str:
    return document[0]


def prepared(text: str) -> str:
    """Lower case, no accents, straight apostrophes, and denied words marked."""
    plain = strip_accents_unicode(text.lower()).replace("\u2019", "'")
    return NEGATION.sub(lambda match: match[1] + FIRST_LETTER.sub("not_", match[2]), plain)


def fit_features(documents: Sequence[Document], max_features: int, min_df: int) -> tuple[Features, Matrix]:
    """The fitted features and the matrix of the documents they were fitted on.

    Raises ValueError if no term occurs in `min_df` documents.
    """
    words = _vectoriser(max_features=max_features, min_df=min_df)
    matrix = words.fit_transform(map(whole, documents))
    titles = _vectoriser(max_features=max(1, int(max_features * TITLE_TERMS)), min_df=min_df)
    try:
        return Features(words, titles), _joined(matrix, titles.fit_transform(map(title, documents)))
    except ValueError:  # no term occurs in enough titles
        return Features(words, None), matrix


def save_features(features: Features, folder: Path) -> None:
    words, titles = features.terms()
    row = features.matrix([PROBE])
    probe = {"columns": row.indices.tolist(), "values": row.data.tolist()}
    content = {"words": words, "titles": titles, "probe": probe}
    (folder / "vocabulary.json").write_text(json.dumps(content), encoding="utf-8")
    idf = [vectoriser.idf_ for vectoriser in (features.words, features.titles) if vectoriser]
    np.save(folder / "idf.npy", np.concatenate(idf), allow_pickle=False)


def load_features(folder: Path) -> Features:
    """Raises ValueError if the scikit-learn here computes other features than the one that trained."""
    content = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    words, titles = content["words"], content["titles"]
    idf = np.load(folder / "idf.npy", allow_pickle=False)
    features = Features(_loaded(words, idf[: len(words)]), _loaded(titles, idf[len(words) :]) if titles else None)
    # Training and serving images carry scikit-learn releases of their own; a silent difference would cost accuracy.
    row = features.matrix([PROBE])
    expected = np.zeros(len(words) + len(titles))
    expected[content["probe"]["columns"]] = content["probe"]["values"]
    if not np.allclose(row.toarray()[0], expected, rtol=1e-6, atol=1e-9):
        raise ValueError(f"{folder}: this scikit-learn computes other features than the one that trained the model")
    return features


def _vectoriser(**settings: Any) -> TfidfVectorizer:
    # token_pattern and preprocessor together replace lowercase and strip_accents.
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, preprocessor=prepared, token_pattern=WORD, **settings)


def _loaded(terms: list[str], idf: Any) -> TfidfVectorizer:
    vectoriser = _vectoriser(vocabulary={term: column for column, term in enumerate(terms)})
    vectoriser.idf_ = idf
    return vectoriser


def _joined(words: Matrix, titles: Matrix | None) -> Matrix:
    return words if titles is None else sparse.hstack([words, TITLE_SHARE * titles], format="csr")

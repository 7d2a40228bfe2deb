"""TF-IDF of title and text, saved as JSON and .npy and rebuilt from them without pickle.

This file trains and serves: it travels in model.tar.gz, so the words a model sees are cut the same way everywhere.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

Matrix: TypeAlias = Any  # scipy.sparse CSR, float64, one row per document; SciPy ships no types

WORD = r"(?u)\b\w[\w']*\b"  # keeps "don't" and "i": negation and person carry sentiment
SETTINGS: dict[str, Any] = {
    "ngram_range": (1, 2),
    "sublinear_tf": True,
    "strip_accents": "unicode",
    "token_pattern": WORD,
}
# Long words, an accent, an apostrophe, a repetition: what releases of scikit-learn could come to treat differently.
PROBE = "I don't love the café dress, the dress is not soft; it is very VERY itchy & too small. Returned it!"


def document(title: str | None, text: str) -> str:
    return f"{title} {text}" if title else text


def fit_features(documents: Iterable[str], max_features: int, min_df: int) -> tuple[TfidfVectorizer, Matrix]:
    """The fitted vectoriser and the matrix of the documents it was fitted on.

    Raises ValueError if no term occurs in `min_df` documents.
    """
    vectoriser = TfidfVectorizer(max_features=max_features, min_df=min_df, **SETTINGS)
    return vectoriser, vectoriser.fit_transform(documents)


def save_features(vectoriser: TfidfVectorizer, folder: Path) -> None:
    terms = [str(term) for term in vectoriser.get_feature_names_out()]
    row = vectoriser.transform([PROBE])
    content = {"terms": terms, "probe": {"columns": row.indices.tolist(), "values": row.data.tolist()}}
    (folder / "vocabulary.json").write_text(json.dumps(content), encoding="utf-8")
    np.save(folder / "idf.npy", vectoriser.idf_, allow_pickle=False)


def load_features(folder: Path) -> TfidfVectorizer:
    """Raises ValueError if the scikit-learn here computes other features than the one that trained."""
    content = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    vocabulary = {term: column for column, term in enumerate(content["terms"])}
    vectoriser = TfidfVectorizer(vocabulary=vocabulary, **SETTINGS)
    vectoriser.idf_ = np.load(folder / "idf.npy", allow_pickle=False)
    # Training and serving images carry scikit-learn releases of their own; a silent difference would cost accuracy.
    row = vectoriser.transform([PROBE])
    expected = np.zeros(len(vocabulary))
    expected[content["probe"]["columns"]] = content["probe"]["values"]
    if not np.allclose(row.toarray()[0], expected, rtol=1e-6, atol=1e-9):
        raise ValueError(f"{folder}: this scikit-learn computes other features than the one that trained the model")
    return vectoriser

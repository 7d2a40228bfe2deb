"""features.py: TF-IDF of words and titles that survives a round trip through JSON and .npy."""

import json
from pathlib import Path

import numpy as np
import pytest
from features import PROBE, Document, Features, fit_features, load_features, prepared, save_features, whole
from hypothesis import given
from hypothesis import strategies as st

DOCUMENTS: list[Document] = [
    PROBE,
    ("Love it", "Love the dress"),
    ("", "Don't love the café"),
    ("Love it", "very small and itchy dress, returned it"),
    ("Returned", "love love love"),
]
WORDS = st.lists(st.sampled_from(" ".join(map(whole, DOCUMENTS)).split())).map(" ".join)


def fitted(documents: list[Document] = DOCUMENTS) -> Features:
    return fit_features(documents, max_features=40, min_df=1)[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("features")
    save_features(fitted(), folder)
    return folder


@given(title=st.one_of(st.text(), WORDS), text=st.one_of(st.text(), WORDS))
def should_compute_the_same_features_after_loading(folder: Path, title: str, text: str) -> None:
    before, after = (features.matrix([(title, text)]) for features in (fitted(), load_features(folder)))
    assert (before != after).nnz == 0


def should_save_readable_files_only(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["idf.npy", "vocabulary.json"]
    content = json.loads((folder / "vocabulary.json").read_text())
    assert (len(content["words"]), len(content["titles"])) == (40, 6)
    assert np.load(folder / "idf.npy", allow_pickle=False).shape == (46,)


def should_refuse_features_that_this_scikit_learn_computes_otherwise(folder: Path, tmp_path: Path) -> None:
    content = json.loads((folder / "vocabulary.json").read_text())
    content["probe"]["values"][0] += 0.01
    (tmp_path / "vocabulary.json").write_text(json.dumps(content))
    (tmp_path / "idf.npy").write_bytes((folder / "idf.npy").read_bytes())
    with pytest.raises(ValueError, match="computes other features than the one that trained"):
        load_features(tmp_path)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("I love the CAFÉ", "i love the cafe"),
        ("not soft at all. Lovely", "not not_soft not_at not_all. lovely"),
        ("I don't love it's cut, soft", "i don't not_love not_it's not_cut, soft"),
        ("I don\u2019t love it", "i don't not_love not_it"),
        ("nothing notable, a knot", "nothing notable, a knot"),
    ],
)
def should_mark_what_is_denied_up_to_the_next_mark_of_punctuation(text: str, marked: str) -> None:
    assert prepared(text) == marked


def should_count_a_titles_words_among_all_words_and_once_more() -> None:
    words, titles = fitted([("lovely fit", "soft"), ("lovely", "itchy")]).terms()
    assert "lovely" in titles
    assert {"lovely", "soft", "itchy"} <= set(words)
    assert "soft" not in titles


def should_do_without_titles_where_there_are_none(tmp_path: Path) -> None:
    features, matrix = fit_features([("", "soft dress"), ("", "itchy dress")], max_features=40, min_df=1)
    assert features.titles is None
    assert matrix.shape == (2, len(features.terms()[0]))
    save_features(features, tmp_path)
    assert (load_features(tmp_path).matrix([("x", "soft")]) != features.matrix([("x", "soft")])).nnz == 0

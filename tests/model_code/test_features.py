"""features.py: TF-IDF that survives a round trip through JSON and .npy."""

import json
from pathlib import Path

import numpy as np
import pytest
from features import PROBE, document, fit_features, load_features, save_features
from hypothesis import given
from hypothesis import strategies as st

DOCUMENTS = [
    PROBE,
    "Love the dress",
    "Don't love the café",
    "very small and itchy dress, returned it",
    "love love love",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("features")
    save_features(fit_features(DOCUMENTS, max_features=40, min_df=1)[0], folder)
    return folder


@given(text=st.one_of(st.text(), st.lists(st.sampled_from(" ".join(DOCUMENTS).split())).map(" ".join)))
def should_compute_the_same_features_after_loading(folder: Path, text: str) -> None:
    fitted, _ = fit_features(DOCUMENTS, max_features=40, min_df=1)
    assert (fitted.transform([text]) != load_features(folder).transform([text])).nnz == 0


def should_save_readable_files_only(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["idf.npy", "vocabulary.json"]
    assert len(json.loads((folder / "vocabulary.json").read_text())["terms"]) == 40
    assert np.load(folder / "idf.npy", allow_pickle=False).shape == (40,)


def should_refuse_features_that_this_scikit_learn_computes_otherwise(folder: Path, tmp_path: Path) -> None:
    content = json.loads((folder / "vocabulary.json").read_text())
    content["probe"]["values"][0] += 0.01
    (tmp_path / "vocabulary.json").write_text(json.dumps(content))
    (tmp_path / "idf.npy").write_bytes((folder / "idf.npy").read_bytes())
    with pytest.raises(ValueError, match="computes other features than the one that trained"):
        load_features(tmp_path)


def should_keep_negation_and_fold_accents() -> None:
    vectoriser, _ = fit_features(["I don't like the CAFÉ"], max_features=40, min_df=1)
    assert {"i", "don't", "cafe", "don't like"} <= set(vectoriser.get_feature_names_out())


@pytest.mark.parametrize(("title", "whole"), [("Lovely", "Lovely soft"), ("", "soft"), (None, "soft")])
def should_put_the_title_before_the_text(title: str | None, whole: str) -> None:
    assert document(title, "soft") == whole

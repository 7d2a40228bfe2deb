"""What holds for every file of the model code."""

import ast
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "model_code" / "reviews"
FILES = sorted(SCRIPTS.rglob("*.py"))
IN_THE_IMAGES = {"numpy", "scipy", "sklearn", "threadpoolctl", "xgboost"}
LOADS_CODE = {"pickle", "joblib", "dill", "cloudpickle", "marshal", "shelve"}
# What preprocessing runs: an image of its own may be small, and no import of NumPy is paid for by each process.
STANDARD_LIBRARY_ONLY = {
    *("sample.py", "answer.py", "job.py", "dataset.py", "preprocess.py", "corpus.py", "csv_chunk.py", "csv_table.py"),
    *("sorted_run.py", "split.py", "workers.py", "archive.py", "manifest.py", "charts.py"),
}


def imports_of(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(SCRIPTS).as_posix())
def should_import_only_siblings_and_what_the_images_hold(file: Path) -> None:
    siblings = {path.stem for path in SCRIPTS.glob("*.py")}
    allowed = set(sys.stdlib_module_names) | siblings
    if file.name not in STANDARD_LIBRARY_ONLY:
        allowed |= IN_THE_IMAGES
    assert imports_of(file) <= allowed
    assert not imports_of(file) & LOADS_CODE


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(SCRIPTS).as_posix())
def should_never_let_numpy_pickle(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"load", "save"}:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "np":
                (setting,) = (word.value for word in node.keywords if word.arg == "allow_pickle")
                assert isinstance(setting, ast.Constant) and setting.value is False


def should_have_every_module_that_counts_as_light() -> None:
    assert {file.name for file in FILES} >= STANDARD_LIBRARY_ONLY

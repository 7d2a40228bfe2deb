"""Equal files give equal bytes, and a function gets its own folder only."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from stacks.constructs import function_package as module
from stacks.constructs.function_package import FUNCTIONS, function_package, package_source


def should_hold_the_functions_own_modules_as_a_package() -> None:
    for folder in (path for path in FUNCTIONS.iterdir() if (path / "handler.py").exists()):
        with zipfile.ZipFile(io.BytesIO(function_package(folder.name))) as package:
            assert package.namelist() == sorted(f"{folder.name}/{path.name}" for path in folder.glob("*.py"))
            assert package.read(f"{folder.name}/handler.py") == (folder / "handler.py").read_bytes()
            assert {entry.external_attr >> 16 for entry in package.infolist()} == {0o644}


def should_give_the_same_bytes_for_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = []
    for root, names in (("one", "ab"), ("two", "ba")):
        folder = tmp_path / root / "function"
        folder.mkdir(parents=True)
        for name in names:
            (folder / f"{name}.py").write_text(name)
        (folder / "notes.txt").write_text(root)
        monkeypatch.setattr(module, "FUNCTIONS", folder.parent)
        packages.append(function_package("function"))
        packages.append(package_source("function"))
    assert packages[:2] == packages[2:]
    assert packages[0] != packages[1]


def should_change_with_a_modules_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FUNCTIONS", tmp_path)
    (tmp_path / "function").mkdir()
    packages = set()
    for content in ("1", "2"):
        (tmp_path / "function/handler.py").write_text(content)
        packages.add(function_package("function"))
    assert len(packages) == 2


def should_hold_the_same_files_however_it_is_packed() -> None:
    files = {"declared.json": b"{}" * 1000}
    contents = []
    for pack in (function_package, package_source):
        with zipfile.ZipFile(io.BytesIO(pack("front_door", files))) as package:
            contents.append({name: package.read(name) for name in package.namelist()})
    assert contents[0] == contents[1]
    assert contents[0]["front_door/declared.json"] == files["declared.json"]
    assert len(function_package("front_door", files)) < len(package_source("front_door", files)) / 2

"""docs/examples is no package: the example client is loaded from its file, as a copy of it would be."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from tests.conftest import ROOT

FILE = ROOT / "docs/examples/client.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example_client", FILE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def example() -> ModuleType:
    """The module docs/examples/client.py."""
    return load()

"""What went wrong for others after minutes of waiting is refused here at once, with help."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from config import ConfigurationError, load
from tests.config.cases.case import changed
from tests.config.cases.public import PUBLIC, Asked


def should_be_thirty_at_least_and_name_their_sources() -> None:
    assert len(PUBLIC) >= 30
    assert len({asked.about for asked in PUBLIC}) == len(PUBLIC)
    for asked in PUBLIC:
        source = urlsplit(asked.source)
        assert (source.scheme, source.netloc) == ("https", "github.com")
        assert source.path.rsplit("/", 2)[1] in ("issues", "pull")
        assert source.path.rsplit("/", 1)[1].isdigit()


@pytest.mark.parametrize("asked", PUBLIC, ids=lambda asked: asked.about)
def should_refuse_it_with_help(asked: Asked, tmp_path: Path) -> None:
    file = tmp_path / f"{asked.environment}.yaml"
    file.write_text(yaml.safe_dump(changed(asked.environment, asked.changes)))
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    (finding,) = [each for each in caught.value.findings if each.rule == asked.rule][:1]
    assert asked.says in finding.fix
    assert finding.message
    assert f"{file}: {finding.path}" in str(caught.value)

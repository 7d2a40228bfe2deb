"""`python -m ops try` against the deployed platform: a person types a review and reads what the model says."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import PHONE, chromium
from tests.end_to_end.conftest import Ashlar

GLOWING = "I love this dress. The fabric is soft, it is so comfortable, and it fits like it was made for me."
ANGRY = "Scratchy and thin, a seam ripped and I returned it the same day. A waste of money, very disappointed."


@pytest.fixture
def served(ashlar: Ashlar) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running command, and the page's address."""
    with ashlar.start(
        *(".venv/bin/python", "-m", "ops", "try"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # Whoever started the tests in the background made them deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stdout
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+/\S+/", said := process.stdout.readline())
            assert found, said + process.stdout.read()
            yield process, found[0]
        finally:
            process.kill()


def should_show_what_the_deployed_model_says(served: tuple[subprocess.Popen[str], str], tmp_path: Path) -> None:
    process, url = served
    with chromium(tmp_path) as page:
        page.look(PHONE)
        page.open(url)
        page.until("document.getElementById('field-text')")
        for number, (text, expected) in enumerate([(GLOWING, "Positive"), (ANGRY, "Negative")], start=1):
            page.run("document.getElementById('field-text').focus()")
            page.run("document.getElementById('field-text').select()")
            page.type(text)
            page.press("Enter", code=13, control=True)
            page.until(f"document.querySelectorAll('#list li').length === {number}")
            assert page.run("document.getElementById('class').innerText").startswith(expected)
            variant, package, latency, request_id = page.run(
                "[...document.querySelectorAll('.facts dd')].map((found) => found.innerText)"
            )
            assert package.startswith(f"ashlar-local-reviews-{variant}/")
            assert latency.endswith(" ms") and request_id
        # What the API refuses is shown at its field.
        page.run("document.getElementById('field-text').value = ' '")
        page.run("document.getElementById('ask').click()")
        page.until("document.querySelector('.problem')")
        assert page.run("document.activeElement.id") == "field-text"
        assert page.run("document.documentElement.scrollWidth <= innerWidth")
        assert page.said[1:] == [] and all(asked.startswith(url) for asked in page.requested)
    # Ctrl-C ends it.
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert process.stdout and "Ended." in process.stdout.read()

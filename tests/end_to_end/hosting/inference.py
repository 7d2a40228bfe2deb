"""The code of every package of the hosting tests: notes a request, takes as long over it as it says, and answers.

Standard library only: it travels alone, as code/inference.py in model.tar.gz.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

Request = dict[str, Any]


def model_fn(folder: str) -> str:
    """The model package. The variant's environment may say FAILS: `at_start`, or `at_requests`."""
    if os.environ.get("FAILS") == "at_start":
        raise RuntimeError("this model cannot be loaded")
    return os.environ["MODEL_PACKAGE"]


def predict_fn(request: Request, package: str) -> Request:
    """`request`: `word` by which a test finds it again, `seconds` that it takes, whether it `fails`."""
    note(package, request)
    if request.get("fails") or os.environ.get("FAILS") == "at_requests":
        raise ValueError("no such review")
    time.sleep(request.get("seconds", 0.0))
    return {"word": request["word"], "package": package}


def note(container: str, request: Request) -> None:
    """One JSON line: which container of which variant saw the request, in which process."""
    where = {name.lower(): os.environ[name] for name in ("ENDPOINT", "VARIANT")}
    line = json.dumps({**where, "container": container, "process": os.getpid(), "request": request})
    # Several processes append to the file: a line that is written at once stays whole.
    with Path(os.environ["NOTES"]).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")

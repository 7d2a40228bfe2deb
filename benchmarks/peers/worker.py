"""`python -P worker.py MODULE FOLDER EVENTS REQUESTS`: start a function as Lambda does, and call it.

MODULE is `-` for none; FOLDER is where the package lies; EVENTS is a JSON file with the events, sent in turn. Writes to
standard error `{"init": …, "request": …, "answers": […]}`, CPU seconds of this process and what was answered; standard
output is the function's log.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

# What Lambda's own runtime client (awslambdaric) has imported before it imports the function.
import base64  # isort: skip
import decimal  # noqa: F401  # isort: skip
import http.client  # noqa: F401  # isort: skip
import logging  # noqa: F401  # isort: skip
import traceback  # noqa: F401  # isort: skip

WARM_UP = 20


class Context:
    """Lambda's context object."""

    aws_request_id = "00000000-0000-4000-8000-000000000000"
    function_name = "front-door"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:111122223333:function:front-door"
    memory_limit_in_mb = 512
    log_group_name = "/ashlar/front-door"
    log_stream_name = "stream"

    def get_remaining_time_in_millis(self) -> int:
        return 28_900


def main(module: str, folder: str, events_file: str, requests: str) -> None:
    events = json.loads(Path(events_file).read_bytes())
    number = int(requests)
    if module == "-":
        sys.stderr.write("{}")
        return
    sys.path.insert(0, folder)
    began = time.process_time()
    handle = importlib.import_module(module).handle
    init = time.process_time() - began
    found: dict[str, Any] = {"init": init}
    if number:
        context = Context()
        found["answers"] = [_said(handle(event, context)) for event in (*events, _spoiled(events[0]))]
        for index in range(WARM_UP):
            handle(events[index % len(events)], context)
        began = time.process_time()
        for index in range(number):
            # Lambda writes each answer as JSON.
            json.dumps(handle(events[index % len(events)], context))
        found["request"] = (time.process_time() - began) / number
    sys.stderr.write(json.dumps(found))


def _said(response: dict[str, Any]) -> Any:
    """What has to be the same of all functions: the answer, or what kind of problem it is."""
    document = json.loads(response["body"])
    return document if response["statusCode"] == 200 else [response["statusCode"], document["type"]]


def _spoiled(event: dict[str, Any]) -> dict[str, Any]:
    """The request with an instance that is not as declared."""
    return {**event, "body": base64.b64encode(b'{"instances": [{"text": " "}]}').decode()}


if __name__ == "__main__":
    main(*sys.argv[1:])

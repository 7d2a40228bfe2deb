"""Answers a file of request bodies with one candidate's serving code; evaluate.py runs it once per candidate.

A process of its own, and nothing imported but the standard library: every candidate carries modules of the same names
(inference, features, payload), and one must never answer with another's.

    python answer.py --model-dir DIR --requests FILE --answers FILE      (a JSON body per line in, one per line out)
"""

import argparse
import importlib
import sys
from pathlib import Path

JSON = "application/json"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    for name in ("--model-dir", "--requests", "--answers"):
        arguments.add_argument(name, type=Path, required=True)
    options = arguments.parse_args()

    sys.path[0] = str(options.model_dir / "code")  # in place of this folder, whose features.py is not the candidate's
    serving = importlib.import_module("inference")
    model = serving.model_fn(str(options.model_dir))
    with options.requests.open("rb") as requests, options.answers.open("w", encoding="utf-8") as answers:
        for body in requests:
            prediction = serving.predict_fn(serving.input_fn(body, JSON), model)
            answer, _ = serving.output_fn(prediction, JSON)
            answers.write(answer + "\n")


if __name__ == "__main__":
    main()

"""What models declare of their API."""

from __future__ import annotations

from tests.config.cases.case import Case

CODE = "models.reviews.code"

CASES = [
    Case(
        "API-MISSING",
        {CODE: "model_code/undeclared"},
        CODE,
        "model_code/undeclared",
        "add model_code/undeclared/api.yaml; start from model_code/reviews/api.yaml",
        {CODE: "model_code/reviews"},
    ),
]

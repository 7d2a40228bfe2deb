"""The API as data: its routes, its problems, its OpenAPI document, and what its function is told of those who call.

The gateway's resources and responses are made from `ROUTES` and `PROBLEMS`; tests/contracts/test_front_door.py compares
both with the function's own.
"""

from stacks.api_definition.answers import problem_names
from stacks.api_definition.declared import declared
from stacks.api_definition.document import document
from stacks.api_definition.endpoint import ApiEndpoint
from stacks.api_definition.problems import PROBLEMS, ProblemKind
from stacks.api_definition.routes import ROUTES, Route
from stacks.api_definition.written import as_bytes

__all__ = [
    "PROBLEMS",
    "ROUTES",
    "ApiEndpoint",
    "ProblemKind",
    "Route",
    "as_bytes",
    "declared",
    "document",
    "problem_names",
]

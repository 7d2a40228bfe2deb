"""The document that docs/api.html is made of: the example's model, and one endpoint that answers by jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config.declaration import load_declaration
from stacks.api_definition import ApiEndpoint, document
from stacks.api_definition.security import schemes

ROOT = Path(__file__).parent.parent.parent
SERVER = "https://{api id}.execute-api.{region}.amazonaws.com/v1"


def reference() -> dict[str, Any]:
    """OpenAPI 3.1, with every route, every problem and all three ways to say who calls."""
    reviews = load_declaration(ROOT / "model_code/reviews")
    endpoints = {
        "reviews": ApiEndpoint("reviews", "real_time", ["linear", "xgboost"], reviews),
        "scans": ApiEndpoint("scans", "asynchronous", ["own"], None),
    }
    made = document(name="Ashlar", endpoints=endpoints, auth="iam", client_keys=False, server=SERVER)
    # A deployed API asks for one of them (front_door.auth); with client_keys for the key as well.
    offered = {**schemes("iam", client_keys=False), **schemes("cognito", client_keys=False)}
    offered |= schemes("api_key", client_keys=False)
    made["security"] = [{name: []} for name in offered]
    made["components"]["securitySchemes"] = offered
    return made

"""What the function was told when it was deployed: its endpoints, what their models declare, and who may call them.

`declared.json` lies beside this file; stacks/api_definition writes it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("declared.json")
ASYNCHRONOUS = "asynchronous"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint. `requests` and `prediction` are None where no model declares any: bodies pass as they are."""

    public: str
    """Its name in the API."""
    hosted: str
    """The SageMaker endpoint's name."""
    mode: str
    """real_time, asynchronous or serverless."""
    variants: tuple[str, ...]
    title: str | None
    description: str | None
    requests: Mapping[str, Mapping[str, Any]] | None
    """Media type -> instance and max_instances, also columns and header (text/csv), or max_bytes."""
    prediction: Mapping[str, Any] | None
    """JSON Schema of one prediction."""

    @property
    def is_asynchronous(self) -> bool:
        """Whether it answers by jobs."""
        return self.mode == ASYNCHRONOUS


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client may do."""

    endpoints: frozenset[str]
    choose_variant: bool


@dataclass(frozen=True, slots=True)
class Declared:
    """The whole file."""

    name: str
    """The platform's in this environment; of Cognito's resource server as well."""
    auth: str
    """iam, cognito or api_key."""
    verbose_errors: bool
    """Whether a problem may repeat a model's own message."""
    endpoints: Mapping[str, Endpoint]
    """By public name."""
    clients: Mapping[str, Grant]
    callers: Mapping[str, str]
    """Name of an IAM role -> client."""

    @classmethod
    def read(cls, file: Path) -> "Declared":
        """Raises OSError, KeyError or ValueError: a package without it must not start."""
        document = json.loads(file.read_bytes())
        return cls(
            name=document["name"],
            auth=document["auth"],
            verbose_errors=document["verbose_errors"],
            endpoints={public: _endpoint(public, its) for public, its in document["endpoints"].items()},
            clients={
                name: Grant(frozenset(its["endpoints"]), its["choose_variant"])
                for name, its in document["clients"].items()
            },
            callers=document["callers"],
        )


def _endpoint(public: str, its: Mapping[str, Any]) -> Endpoint:
    return Endpoint(
        public=public,
        hosted=its["name"],
        mode=its["mode"],
        variants=tuple(its["variants"]),
        title=its["title"],
        description=its["description"],
        requests=its["requests"],
        prediction=its["prediction"],
    )

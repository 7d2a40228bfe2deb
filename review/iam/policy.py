"""Policy documents, read strictly: what IAM would refuse is an error here, and what it would ignore as well.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from review.iam.conditions import Condition
from review.iam.errors import PolicyError
from review.iam.patterns import Values, expand, like

ELEMENTS = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
PRINCIPALS = {"AWS", "Service", "Federated", "CanonicalUser"}
Principals = dict[str, tuple[str, ...]]


class Kind(Enum):
    """Which elements a policy must have: (principal, resource)."""

    IDENTITY = (False, True)
    RESOURCE = (True, True)
    TRUST = (True, False)


@dataclass(frozen=True)
class Statement:
    """One statement. Of each pair, such as actions and not_actions, exactly one is given (not None)."""

    sid: str
    effect: str
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    not_resources: tuple[str, ...] | None
    principals: Principals | None
    not_principals: Principals | None
    conditions: tuple[Condition, ...]
    variables: bool

    def covers(self, action: str, resource: str, context: Values) -> bool:
        """Action, resource and conditions match; the principal is looked at elsewhere."""
        return (
            self._on_action(action)
            and self._on_resource(resource, context)
            and all(condition.holds(context, variables=self.variables) for condition in self.conditions)
        )

    def _on_action(self, action: str) -> bool:
        if self.not_actions is not None:
            return not any(like(pattern, action, ignore_case=True) for pattern in self.not_actions)
        return any(like(pattern, action, ignore_case=True) for pattern in self.actions or ())

    def _on_resource(self, resource: str, context: Values) -> bool:
        if self.not_resources is not None:
            return not self._any_resource(self.not_resources, resource, context)
        return self.resources is None or self._any_resource(self.resources, resource, context)

    def _any_resource(self, patterns: tuple[str, ...], resource: str, context: Values) -> bool:
        expanded = (expand(pattern, context) if self.variables else pattern for pattern in patterns)
        return any(pattern is not None and like(pattern, resource) for pattern in expanded)


@dataclass(frozen=True)
class Policy:
    """A policy document. `source` names it in decisions and errors."""

    source: str
    statements: tuple[Statement, ...]

    @classmethod
    def parse(cls, document: Mapping[str, Any], *, source: str, kind: Kind = Kind.IDENTITY) -> Policy:
        """Raises PolicyError. Policy variables exist since version 2012-10-17; the default is 2008-10-17."""
        version = document.get("Version", "2008-10-17")
        if version not in ("2008-10-17", "2012-10-17"):
            raise PolicyError(f"{source}: Version must be 2012-10-17 or 2008-10-17, found {version!r}.")
        unknown = document.keys() - {"Version", "Id", "Statement"}
        if unknown or "Statement" not in document:
            raise PolicyError(f"{source}: a policy has Version, Id and Statement; unknown here: {sorted(unknown)}.")
        bodies = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
        return cls(
            source,
            tuple(
                _statement(body, f"{source}, {_named(body, index)}", kind, version == "2012-10-17")
                for index, body in enumerate(bodies)
            ),
        )


def _named(body: Any, index: int) -> str:
    return str(body.get("Sid") or f"statement {index}") if isinstance(body, dict) else f"statement {index}"


def _statement(body: Any, where: str, kind: Kind, variables: bool) -> Statement:
    if not isinstance(body, dict) or body.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError(f"{where}: Effect must be Allow or Deny.")
    if unknown := body.keys() - ELEMENTS:
        raise PolicyError(f"{where}: unknown elements {sorted(unknown)}; known: {sorted(ELEMENTS)}.")
    has_principal, has_resource = kind.value
    _exactly_one(body, "Action", where, wanted=True)
    _exactly_one(body, "Principal", where, wanted=has_principal)
    _exactly_one(body, "Resource", where, wanted=has_resource)
    if body["Effect"] == "Allow" and "NotPrincipal" in body:
        raise PolicyError(f"{where}: NotPrincipal with Allow lets in everyone else; IAM supports it with Deny only.")
    return Statement(
        sid=where,
        effect=body["Effect"],
        actions=_actions(body.get("Action"), where),
        not_actions=_actions(body.get("NotAction"), where),
        resources=_texts(body.get("Resource"), where, "Resource"),
        not_resources=_texts(body.get("NotResource"), where, "NotResource"),
        principals=_principals(body.get("Principal"), where),
        not_principals=_principals(body.get("NotPrincipal"), where),
        conditions=tuple(
            Condition.parse(operator, key, values, source=where)
            for operator, keys in body.get("Condition", {}).items()
            for key, values in keys.items()
        ),
        variables=variables,
    )


def _exactly_one(body: dict[str, Any], element: str, where: str, *, wanted: bool) -> None:
    given = [name for name in (element, f"Not{element}") if name in body]
    if len(given) != int(wanted):
        rule = f"exactly one of {element} and Not{element}" if wanted else f"no {element} in a policy of this kind"
        raise PolicyError(f"{where}: needs {rule}, found {', '.join(given) or 'none'}.")


def _texts(value: Any, where: str, element: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(item, str) and item for item in listed):
        raise PolicyError(f"{where}: {element} must be a string or a list of strings, found {value!r}.")
    return tuple(listed)


def _actions(value: Any, where: str) -> tuple[str, ...] | None:
    texts = _texts(value, where, "Action")
    for text in texts or ():
        service, colon, operation = text.partition(":")
        if text != "*" and not (colon and service and operation):
            raise PolicyError(f"{where}: action {text!r} must be `service:Operation` or `*`.")
    return texts


def _principals(value: Any, where: str) -> Principals | None:
    if value is None:
        return None
    if value == "*":
        return {"AWS": ("*",)}
    if not isinstance(value, dict) or not value or not value.keys() <= PRINCIPALS:
        raise PolicyError(f"{where}: Principal must be `*` or name {', '.join(sorted(PRINCIPALS))}, found {value!r}.")
    return {kind: _texts(names, where, "Principal") or () for kind, names in value.items()}

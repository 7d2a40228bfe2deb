"""Types whose service does not exist here: Ref and Fn::GetAtt work, and that is all."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from local import hooks
from local.hooks import register_cfn_type

Properties = dict[str, Any]
Result = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class _Recorded:
    """The properties of a type, which of them name it, and what it answers: formats of these, `id` and the place."""

    properties: tuple[str, ...]
    read: tuple[str, ...]
    ref: str
    attributes: dict[str, str] = field(default_factory=dict)


_ANALYZER = "arn:aws:access-analyzer:{region}:{account}:analyzer/{AnalyzerName}"
_ASSOCIATED = ("ResourceArn", "WebACLArn")
_TYPES = {
    "AWS::AccessAnalyzer::Analyzer": _Recorded(
        ("AnalyzerName", "Type"), ("AnalyzerName",), _ANALYZER, {"Arn": _ANALYZER}
    ),
    "AWS::WAFv2::LoggingConfiguration": _Recorded(
        ("LogDestinationConfigs", "RedactedFields", "ResourceArn"), ("ResourceArn",), "{ResourceArn}"
    ),
    "AWS::WAFv2::WebACLAssociation": _Recorded(_ASSOCIATED, _ASSOCIATED, "{WebACLArn}|{ResourceArn}"),
}  # fmt: skip


def _register(resource_type: str, recorded: _Recorded) -> None:
    def create(logical_id: str, properties: Properties, stack_name: str) -> Result:
        # The audit refuses every property that is neither read here nor listed as recorded only.
        given = {name: str(properties[name]) for name in recorded.read if name in properties}
        given = {
            "AnalyzerName": f"{logical_id}-{secrets.token_hex(4)}",
            **given,
            **{"id": secrets.token_hex(5), "region": hooks.region(), "account": hooks.account()},
        }
        return recorded.ref.format_map(given), {
            name: text.format_map(given) for name, text in recorded.attributes.items()
        }

    def delete(physical_id: str, properties: Properties) -> None:
        """Nothing was made."""

    register_cfn_type(resource_type, create, delete, replacing=recorded.properties)


def mend() -> None:
    """Provide the types."""
    for resource_type, recorded in _TYPES.items():
        _register(resource_type, recorded)

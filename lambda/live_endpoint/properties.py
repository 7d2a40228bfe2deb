"""What the template says of a custom resource, checked. Every number arrives from CloudFormation as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_OF_ENDPOINT = {"EndpointName", "Variants", "ServiceToken", "ServiceTimeout"}
_OF_VARIANT = {"InstanceType", "Instances", "Weight", "Min", "Max", "Policies", "Schedules"}


@dataclass(frozen=True)
class Variant:
    """One production variant. What the kind of resource does not say is None or empty.

    `instances`: how many there are of a variant that nothing scales.
    `minimum` and `maximum`: of its scalable target; both or none.
    `policies` and `schedules`: arguments of PutScalingPolicy and PutScheduledAction, without the target.
    """

    instance_type: str | None = None
    weight: float | None = None
    instances: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    policies: tuple[Mapping[str, Any], ...] = ()
    schedules: tuple[Mapping[str, Any], ...] = ()

    @property
    def scales(self) -> bool:
        """Whether it is a scalable target."""
        return self.minimum is not None


@dataclass(frozen=True)
class Properties:
    """Of one endpoint: its name, and its variants by theirs."""

    endpoint: str
    variants: Mapping[str, Variant] = field(default_factory=dict)

    def changed(self, old: Properties, what: str) -> list[str]:
        """The variants, there before and now, of which this attribute of Variant changed."""
        both = [name for name in self.variants if name in old.variants]
        return [name for name in both if getattr(self.variants[name], what) != getattr(old.variants[name], what)]

    def turned(self, old: Properties) -> list[str]:
        """The variants that scale or did, and whose instance type changed, or whether they scale at all."""
        changed = {*self.changed(old, "instance_type"), *self.changed(old, "scales")}
        return sorted(name for name in changed if self.variants[name].scales or old.variants[name].scales)


def read(given: Mapping[str, Any]) -> Properties:
    """ResourceProperties or OldResourceProperties. Raises ValueError naming the value, the rule and the fix."""
    unknown = sorted(set(given) - _OF_ENDPOINT)
    if unknown:
        raise _wrong("the resource's properties", unknown, f"of {', '.join(sorted(_OF_ENDPOINT))}")
    endpoint, variants = given.get("EndpointName"), given.get("Variants")
    if not isinstance(endpoint, str) or not endpoint:
        raise _wrong("EndpointName", endpoint, "the endpoint's name")
    if not isinstance(variants, dict):
        raise _wrong("Variants", variants, "an object with one entry for each variant")
    return Properties(endpoint, {name: _variant(its, f"Variants.{name}") for name, its in variants.items()})


def _variant(given: Any, where: str) -> Variant:
    if not isinstance(given, dict) or set(given) - _OF_VARIANT:
        raise _wrong(where, given, f"an object of {', '.join(sorted(_OF_VARIANT))}")
    if ("Min" in given) != ("Max" in given):
        raise _wrong(where, given, "with both Min and Max, or with neither")
    return Variant(
        instance_type=given.get("InstanceType"),
        weight=_number(given, "Weight", float, where),
        instances=_number(given, "Instances", int, where),
        minimum=_number(given, "Min", int, where),
        maximum=_number(given, "Max", int, where),
        policies=_objects(given, "Policies", where),
        schedules=_objects(given, "Schedules", where),
    )


def _number(given: Mapping[str, Any], key: str, kind: type[Any], where: str) -> Any:
    if key not in given:
        return None
    try:
        number = kind(given[key])
    except (TypeError, ValueError):
        number = -1
    if not 0 <= number < float("inf"):
        raise _wrong(f"{where}.{key}", given[key], "a number from 0")
    return number


def _objects(given: Mapping[str, Any], key: str, where: str) -> tuple[Mapping[str, Any], ...]:
    found = given.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise _wrong(f"{where}.{key}", found, "a list of objects")
    return tuple(found)


def _wrong(where: str, value: Any, rule: str) -> ValueError:
    return ValueError(f"{where} is {value!r}; it must be {rule}. Mend the inference stack's template and deploy again.")

"""One line of a Condition: operator, key and values against the request's context.

Keys are ANDed, values of a key ORed (NORed for negated operators). Multivalued keys: ForAllValues, ForAnyValue.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from dataclasses import dataclass

from review.iam.errors import PolicyError
from review.iam.operators import OPERATORS
from review.iam.patterns import Values, expand

SETS = ("ForAllValues", "ForAnyValue")


@dataclass(frozen=True)
class Condition:
    """`operator` as the policy writes it, such as `ForAnyValue:StringLikeIfExists`; `key` in lower case."""

    operator: str
    key: str
    values: tuple[str, ...]

    @classmethod
    def parse(cls, operator: str, key: str, values: object, *, source: str) -> Condition:
        """Raises PolicyError for an operator that IAM does not know and for values that are no strings."""
        listed = values if isinstance(values, list) else [values]
        if not all(isinstance(value, str | bool | int | float) for value in listed):
            raise PolicyError(f"{source}: values of {operator} {key} must be strings, found {values!r}.")
        texts = tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in listed)
        _, name, _ = _parts(operator)
        if name not in OPERATORS and operator != "Null":
            raise PolicyError(f"{source}: unknown condition operator {operator!r} (case counts).")
        if name == "Null" and not set(texts) <= {"true", "false"}:
            raise PolicyError(f"{source}: Null of {key} takes true or false, found {values!r}.")
        return cls(operator, key.lower(), texts)

    def holds(self, context: Values, *, variables: bool) -> bool:
        """`variables`: the policy's version knows policy variables."""
        found = context.get(self.key, [])
        if self.operator == "Null":
            return any((value == "true") == (not found) for value in self.values)
        quantifier, name, if_exists = _parts(self.operator)
        known = OPERATORS[name]
        if not found:
            return quantifier == "ForAllValues" or if_exists or (known.negated and not quantifier)
        patterns = [expand(v, context) if variables and known.variables else v for v in self.values]

        def matches(value: str) -> bool:
            hit = any(pattern is not None and known.compare(pattern, value) for pattern in patterns)
            return hit != known.negated

        every = quantifier == "ForAllValues" or (known.negated and not quantifier)
        return (all if every else any)(map(matches, found))


def _parts(operator: str) -> tuple[str, str, bool]:
    """`ForAnyValue:BoolIfExists` -> ("ForAnyValue", "Bool", True)."""
    quantifier, _, rest = operator.rpartition(":")
    if quantifier and quantifier not in SETS:
        return "", operator, False
    if_exists = rest.endswith("IfExists") and rest != "NullIfExists"
    return quantifier, rest.removesuffix("IfExists") if if_exists else rest, if_exists

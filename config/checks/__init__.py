"""Rules across settings, against the catalogue. Each has an id, a message, a fix and a source. One file per topic."""

# Importing a topic registers its rules.
from config.checks import (  # noqa: F401
    addresses,
    arns,
    endpoints,
    foundation,
    gateway,
    instances,
    lists,
    models,
    regions,
    subnets,
    tags,
)
from config.checks.rule import RULES, Rule, Violation, check

__all__ = ["RULES", "Rule", "Violation", "check"]

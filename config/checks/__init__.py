"""Rules across settings, against the catalogue. Each has an id, a message, a fix and a source. One file per topic."""

# Importing a topic registers its rules.
from config.checks import (  # noqa: F401
    addresses,
    algorithms,
    arns,
    channels,
    contents,
    declarations,
    drives,
    endpoints,
    file_systems,
    foundation,
    front_door,
    gateway,
    hyperparameters,
    instances,
    isolation,
    lists,
    metrics,
    models,
    modes,
    parameters,
    pipelines,
    ranges,
    regions,
    scaling,
    sources,
    spot,
    subnets,
    tags,
    training,
    transforms,
    tuning,
)
from config.checks.rule import RULES, Rule, Violation, check

__all__ = ["RULES", "Rule", "Violation", "check"]

"""What can be wrong with what is evaluated. Each message names the value, the rule and where it stands."""

from __future__ import annotations


class PolicyError(ValueError):
    """A policy document that IAM would refuse, or whose effect it does not define."""


class TemplateError(ValueError):
    """A template value that cannot be known from the templates: an unknown reference, function or export."""

"""Each rule in words: what must hold, why, what to do, where it is written, what fails and what passes."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import yaml

from config.checks import RULES
from config.examples import BASE_ENVIRONMENT, Example, examples

# Rules that are held while a file is read and its settings get their types. Their messages are those of their examples,
# or, where no file can be an example, written here.
READING = {
    "FILE": ("files can be read", "the file is absent, or no UTF-8 text."),
    "YAML": ("files are YAML", "the file is no mapping, or has a key twice, or is not YAML."),
    "ENVIRONMENT": ("environments are known", "there is no such environment."),
    "UNKNOWN-KEY": ("keys are known", ""),
    "REQUIRED": ("required settings are given", ""),
    "SCHEMA": ("values have their type and bounds", "a value is of another type, or outside of its bounds."),
    "ACCOUNT-ID": ("accounts are texts of twelve digits", ""),
    "API-COLUMNS": ("columns are the properties of a row", "a column and its property have one name."),
    "API-EXAMPLE": ("an example is as its own schemas say", "whoever copies it must not be refused."),
    "API-JSON": ("a declaration is JSON", "YAML's infinities, NaN and dates have no place in the API's document."),
    "API-MEDIA-TYPE": ("requests are declared by media type", "this is no media type."),
    "API-SCHEMA-KEYWORD": ("schemas use the subset that the front door checks", "this keyword is not supported."),
    "API-SCHEMA-VALUE": ("keywords of schemas have their form", "a keyword's value has another form."),
    "ARGUMENT-FORM": ("arguments are single values", ""),
    "ARN-FORM": ("ARNs have the form of one", ""),
    "CIDR-FORM": ("address ranges begin with the network's address", ""),
    "NETWORK-EITHER": ("the VPC is made here or exists", ""),
    "ZONES-TWO": ("there are two or three availability zones", "two outlive the loss of one, and a fourth only costs."),
}
# Of function names, which are lower case.
SPELLING = {
    "vpc": "VPC",
    "arns": "ARNs",
    "s3": "S3",
    "ci": "CI",
    "api": "API",
    "gpu": "GPU",
    "gpus": "GPUs",
}
TITLE = """# Rules

What `python -m config check` holds, beyond names, types and bounds. `python -m config explain RULE` shows one of them
with an example that fails and one that passes. This page is written by `python -m config rules > docs/rules.md`.
"""


class UnknownRuleError(Exception):
    """There is no such rule; the message names the nearest."""


@dataclass(frozen=True)
class Described:
    """One rule: `what` must hold, `why`, and its `source`. `topic`: what its file is about."""

    id: str
    what: str
    why: str
    source: str
    topic: str


def described() -> Iterator[Described]:
    """Every rule, topic by topic."""
    for rule in sorted(RULES, key=lambda rule: rule.find.__module__):
        what = " ".join(SPELLING.get(word, word) for word in rule.find.__name__.split("_"))
        topic = (sys.modules[rule.find.__module__].__doc__ or "").splitlines()[0]
        yield Described(rule.id, what, rule.message, rule.source, topic)
    known = examples()
    for id, (what, why) in READING.items():
        found = (each for each in known[id].findings(known[id].fails) if each.rule == id)
        finding = next(found, None)
        message, source = (finding.message, finding.source) if finding else ("", "")
        yield Described(id, what, why or message, source or "docs/configuration.md", "Reading a file")


def table() -> str:
    """docs/rules.md."""
    parts = [TITLE]
    for topic, rules in groupby(described(), key=lambda each: each.topic):
        rows = [f"| `{each.id}` | {_cell(each.what)} | {_cell(each.why)} | {_cell(each.source)} |" for each in rules]
        parts.append(
            "\n".join([f"## {topic.rstrip('.')}\n", "| rule | what holds | why | source |", "|---|---|---|---|", *rows])
        )
    return "\n".join(parts[:1]) + "\n" + "\n\n".join(parts[1:]) + "\n"


def explain(id: str) -> str:
    """One rule in full, its id in any case. UnknownRuleError for an id that no rule has, with those it is part of."""
    rules, given = {each.id: each for each in described()}, id
    id = given.upper()
    if id not in rules:
        close = [each for each in rules if id in each] or difflib.get_close_matches(id, rules, n=3, cutoff=0.4)
        raise UnknownRuleError(
            f"there is no rule {given!r}. Nearest: {', '.join(close) or 'none'}; docs/rules.md has all."
        )
    rule, example = rules[id], examples()[id]
    fix = "as the finding says." if example.words else _fix(id, example)
    lines = [f"{id}: {rule.what}", f"why: {rule.why}", f"fix: {fix}", f"source: {rule.source}"]
    return "\n".join([*lines, *_shown(example)])


def _fix(id: str, example: Example) -> str:
    return next(each.fix for each in example.findings(example.fails) if each.rule == id)


def _shown(example: Example) -> Iterator[str]:
    if example.words:
        yield from (f"{verb}: {words}" for verb, words in zip(("fails", "passes"), example.words, strict=True))
        return
    where = "config/examples/base.yaml" if example.environment == BASE_ENVIRONMENT else f"{example.environment}.yaml"
    for name, changes in example.beside.items():
        yield f"beside it, {name}.yaml with:\n{_yaml(changes)}"
    yield f"fails, {where} with:\n{_yaml(example.fails)}"
    yield f"passes, {where} with:\n{_yaml(example.passes)}" if example.passes else f"passes, {where} as it ships"


def _yaml(changes: Any) -> str:
    nested: dict[str, Any] = {}
    for path, value in changes.items():
        *above, last = path.split(".")
        inner = nested
        for key in above:
            inner = inner.setdefault(key, {})
        inner[last] = value
    text = yaml.dump(nested, Dumper=_Plain, sort_keys=False, width=110)
    return "\n".join(f"    {line}" for line in text.splitlines())


class _Plain(yaml.SafeDumper):
    """Without anchors: an example is read, and copied in parts."""

    def ignore_aliases(self, data: Any) -> bool:
        """Every value is written out."""
        return True


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

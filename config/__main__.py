"""`python -m config check [FILE... | --environment NAME]`, `explain RULE`, `rules`, `schema`: no Node, no AWS."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from config import ConfigurationError, Platform, load, load_environment
from config.explain import UnknownRuleError, explain, table
from config.load import ENVIRONMENTS


def main(arguments: list[str]) -> int:
    """Exit code 0 when every file is fine, 1 when one is not (argparse exits 2 on a wrong call)."""
    parser = argparse.ArgumentParser(prog="python -m config", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="check environment files; all of them by default")
    check.add_argument("files", nargs="*", type=Path)
    check.add_argument("--environment", help="check this one by its name, instead of files")
    commands.add_parser("schema", help="print the JSON Schema, for editors")
    explained = commands.add_parser(
        "explain", help="say what a rule is for, with an example that fails and one that passes"
    )
    explained.add_argument("rule", help="its id, as a finding names it in brackets")
    commands.add_parser("rules", help="print the page of all rules, docs/rules.md")
    options = parser.parse_args(arguments)
    if options.command == "explain":
        return explain_rule(options.rule)
    if options.command == "rules":
        print(table(), end="")
        return 0
    if options.command == "schema":
        print(json.dumps(Platform.model_json_schema(), indent=2, sort_keys=True))
        return 0
    if options.environment is not None and options.files:
        check.error("give --environment or files, not both")
    if options.environment is not None:
        return check_environment(options.environment)
    return check_files(options.files or sorted(ENVIRONMENTS.glob("*.yaml")))


def explain_rule(id: str) -> int:
    """Print one rule; an unknown one lists the nearest."""
    try:
        print(explain(id))
    except UnknownRuleError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def check_environment(name: str) -> int:
    """Like `check_files` for one environment; an unknown name lists the known ones."""
    try:
        load_environment(name)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def check_files(files: list[Path]) -> int:
    """Say of each file what is wrong with it, or that it is fine."""
    failed = 0
    for file in files:
        try:
            load(file)
        except ConfigurationError as error:
            print(error, file=sys.stderr)
            failed = 1
        else:
            print(f"{file}: ok")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

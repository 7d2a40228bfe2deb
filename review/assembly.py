"""Synthesizes one environment with everything attached, and reads what came out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from app import new_app
from review.accepted import acknowledgements
from review.findings import Acknowledgement, Finding, Place, ReviewError
from review.packs import CONTEXT, PACKS, VALIDATOR, attach

NAMED_BY_THE_CDK = "aws:cdk:acknowledged-rules"


@dataclass(frozen=True)
class Assembly:
    """A synthesized environment in `directory`."""

    environment: str
    region: str
    directory: Path

    @cached_property
    def templates(self) -> dict[str, Any]:
        """Stack name -> template."""
        files = sorted(self.directory.glob("*.template.json"))
        return {file.name.removesuffix(".template.json"): json.loads(file.read_text("utf-8")) for file in files}

    @cached_property
    def places(self) -> dict[str, Place]:
        """Construct path -> its resource's place."""
        return {
            path: Place(self.environment, stack, entry["data"], path)
            for stack, path, entry in self._metadata()
            if entry["type"] == "aws:cdk:logicalId" and entry["data"] in self.templates[stack]["Resources"]
        }

    def place(self, stack: str, logical_id: str) -> Place:
        """The place of a resource; scanners of templates know no construct paths."""
        return self._by_logical_id.get((stack, logical_id), Place(self.environment, stack, logical_id, stack))

    def findings(self) -> Iterator[Finding]:
        """All that was found inside the synth, acknowledged or not.

        Raises ReviewError when a pack is missing in the report or failed.
        """
        reports = json.loads((self.directory / "validation-report.json").read_text("utf-8"))["pluginReports"]
        for name in (*PACKS, VALIDATOR):
            report = next((each for each in reports if each["pluginName"] == name), None)
            # A pack without findings is left out of the report: the canary shows that it can see.
            if report and "error" in report.get("metadata", {}):
                raise ReviewError(f"{name} failed in {self.environment}: {report['metadata']['error']}")
        for report in reports:
            for violation in report["violations"] + report.get("suppressedViolations", []):
                guard = violation.get("ruleMetadata", {}).get("category", "").startswith("guard:")
                tool = "guard" if guard else report["pluginName"]
                for construct in violation["violatingConstructs"]:
                    yield Finding(tool, violation["ruleName"], self._at(construct), violation["description"])

    def acknowledgements(self) -> Iterator[Acknowledgement]:
        """All that the templates accept."""
        for stack, template in self.templates.items():
            metadata = template.get("Metadata", {})
            for logical_id, resource in template["Resources"].items():
                yield from acknowledgements(resource, self.place(stack, logical_id), metadata)

    def recorded(self) -> Iterator[tuple[str, str]]:
        """(construct path, qualified id) of what the CDK was told to hide, whoever told it."""
        for _, path, entry in self._metadata():
            if entry["type"] == NAMED_BY_THE_CDK:
                yield from ((path, rule) for rule in entry["data"])

    @cached_property
    def _by_logical_id(self) -> dict[tuple[str, str], Place]:
        return {(place.stack, place.logical_id): place for place in self.places.values()}

    def _at(self, construct: dict[str, Any]) -> Place:
        path = construct.get("constructPath", "")
        return self.places.get(path) or Place(self.environment, path.split("/")[0], "", path)

    def _metadata(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for stack in self.templates:
            metadata = json.loads((self.directory / f"{stack}.metadata.json").read_text("utf-8"))
            for path, entries in metadata.items():
                yield from ((stack, path.removeprefix("/"), entry) for entry in entries)


def synthesize(environment: str, region: str, directory: Path, compose: Callable[[cdk.App], None]) -> Assembly:
    """Compose an app, with all packs attached, into `directory`."""
    app = new_app(context={**CONTEXT, "env": environment}, outdir=str(directory))
    compose(app)
    attach(app)
    app.synth()
    return Assembly(environment, region, directory)

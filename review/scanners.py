"""checkov and cfn-lint over the templates of all environments, each in one process.

They read copies without the acknowledgements, so that nothing is hidden from them: what is accepted is decided here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app import ROOT
from review.assembly import Assembly
from review.findings import Finding, ReviewError
from stacks.constructs.acknowledgement import METADATA

# checkov and cfn-lint; bandit and detect-secrets are in the environment that runs this, as checkov brings a fork of it.
BINS = (ROOT / "review" / ".venv" / "bin", Path(sys.prefix) / "bin")
# Resource metadata that makes a scanner look away
HIDING = ("checkov", "cfn-lint", "guard", "cfn_nag", "cdk_nag")


def bare_templates(assemblies: Sequence[Assembly], directory: Path) -> list[Path]:
    """Write `<environment>/<stack>.json` of every template, without what makes scanners look away."""
    written = []
    for assembly in assemblies:
        (directory / assembly.environment).mkdir(parents=True, exist_ok=True)
        for stack, template in assembly.templates.items():
            path = directory / assembly.environment / f"{stack}.json"
            path.write_text(json.dumps(bare(template), indent=1), "utf-8")
            written.append(path)
    return written


def bare(template: dict[str, Any]) -> dict[str, Any]:
    """The template without exceptions: neither the scanners' nor ours."""
    left_out = {*HIDING, METADATA}
    resources = {
        logical_id: resource | {"Metadata": {k: v for k, v in resource["Metadata"].items() if k not in left_out}}
        if "Metadata" in resource
        else resource
        for logical_id, resource in template["Resources"].items()
    }
    return {key: value for key, value in template.items() if key != "Metadata"} | {"Resources": resources}


def checkov(directory: Path, assemblies: Sequence[Assembly]) -> list[Finding]:
    """All failed checks."""
    arguments = ["--framework", "cloudformation", "--output", "json", "--compact", "--skip-download"]
    answer = run_json("checkov", "-d", str(directory), *arguments)
    return sorted(_checkov_findings(answer, assemblies))


def _checkov_findings(answer: Any, assemblies: Sequence[Assembly]) -> Iterator[Finding]:
    for result in answer if isinstance(answer, list) else [answer]:
        if "results" not in result:  # nothing to scan
            continue
        if result["results"]["parsing_errors"]:
            raise ReviewError(f"checkov cannot read {result['results']['parsing_errors'][0]}.")
        for check in result["results"]["failed_checks"]:
            environment, file = Path(check["file_path"]).parts[-2:]
            place = _assembly(assemblies, environment).place(Path(file).stem, check["resource"].split(".")[-1])
            yield Finding("checkov", check["check_id"], place, check["check_name"])


def cfn_lint(directory: Path, assemblies: Sequence[Assembly]) -> list[Finding]:
    """All errors and warnings, by the rules of each environment's region."""
    findings: set[Finding] = set()
    for region in sorted({assembly.region for assembly in assemblies}):
        here = [assembly for assembly in assemblies if assembly.region == region]
        files = [str(f) for assembly in here for f in sorted((directory / assembly.environment).glob("*.json"))]
        for match in run_json("cfn-lint", "--regions", region, "--format", "json", "--", *files):
            environment, file = Path(match["Filename"]).parts[-2:]
            where = match["Location"]["Path"] or []
            logical_id = str(where[1]) if len(where) > 1 and where[0] == "Resources" else "/".join(map(str, where))
            place = _assembly(here, environment).place(Path(file).stem, logical_id)
            findings.add(Finding("cfn-lint", match["Rule"]["Id"], place, match["Message"]))
    return sorted(findings)


def run_json(tool: str, *arguments: str, directory: Path = ROOT) -> Any:
    """Run one of the scanners and read the JSON it prints.

    Raises ReviewError when it prints none: exit codes only tell whether it found something.
    """
    # A home of its own: no user's configuration of a scanner takes part, and none is written.
    home = ROOT / "build" / "review" / "home"
    home.mkdir(parents=True, exist_ok=True)
    environment = {"PATH": os.defpath, "HOME": str(home), "LOG_LEVEL": "ERROR"}
    program = next((bin / tool for bin in BINS if (bin / tool).exists()), None)
    if not program:
        raise ReviewError(f"{tool} is not installed: `make review` sets it up.")
    done = subprocess.run(  # noqa: S603  # nosec B603 # our own or the user's own command, no shell
        [str(program), *arguments], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise ReviewError(f"{tool} failed (exit code {done.returncode}): {done.stderr.strip()[-2000:]}") from error


def _assembly(assemblies: Sequence[Assembly], environment: str) -> Assembly:
    return next(assembly for assembly in assemblies if assembly.environment == environment)

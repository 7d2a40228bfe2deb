"""From the bootstrap stack to `cdk bootstrap`: the right arguments, or nothing at all."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config import load_environment
from ops import __main__ as commands
from ops.bootstrap import arguments, policies
from ops.session import OpsError
from tests.conftest import ROOT

POLICIES = ",".join(
    f"arn:aws:iam::111122223333:policy/ashlar-bootstrap/dev/ashlar-dev-deploy-{area}"
    for area in ("identity", "network")
)
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def written(file: Path, content: Any) -> Path:
    file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return file


def outputs(tmp_path: Path, qualifier: str) -> Path:
    stack = {"ExecutionPolicies": POLICIES, "Qualifier": qualifier, "CiRole": "arn:aws:iam::111122223333:role/ci"}
    return written(tmp_path / "outputs.json", {"ashlar-dev-bootstrap": stack})


def should_give_the_execution_policies_instead_of_the_cdks_own(tmp_path: Path) -> None:
    assert arguments(outputs(tmp_path, "hnb659fds")) == [
        "--qualifier",
        "hnb659fds",
        "--toolkit-stack-name",
        "CDKToolkit",
        "--cloudformation-execution-policies",
        POLICIES,
    ]


def should_give_another_qualifier_a_toolkit_stack_of_its_own(tmp_path: Path) -> None:
    given = arguments(outputs(tmp_path, "org1"))
    assert given[given.index("--qualifier") + 1] == "org1"
    assert given[given.index("--toolkit-stack-name") + 1] == "CDKToolkit-org1"


@pytest.mark.parametrize(
    "content",
    ["", "{", "{}", "[]", "null", {"one": {}, "two": {}}, {"one": {}}, {"one": {"Qualifier": "org1"}}, {"one": "text"}],
)
def should_say_what_to_do_with_a_file_that_is_no_bootstrap_stacks(tmp_path: Path, content: Any) -> None:
    file = written(tmp_path / "outputs.json", content)
    with pytest.raises(OpsError, match="make bootstrap") as refused:
        arguments(file)
    assert str(file) in str(refused.value)


def should_say_what_to_do_without_a_file(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=r"absent\.json cannot be read: .* Run `make bootstrap`"):
        arguments(tmp_path / "absent.json")


def should_give_the_shell_words_that_it_does_not_split_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = outputs(tmp_path, "org1")
    monkeypatch.setattr(sys, "argv", ["ops", "bootstrap-arguments", str(file)])
    with pytest.raises(SystemExit) as done:
        commands.main()
    assert not done.value.code
    assert capsys.readouterr().out.split() == arguments(file)


def should_print_the_named_policies_of_an_assembly(tmp_path: Path) -> None:
    named = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": "ashlar-dev-deploy-all",
            "Path": "/ashlar-bootstrap/dev/",
            "Description": "all",
            "PolicyDocument": DOCUMENT,
        },
    }
    # The CI role's own policy has no name, and is nothing that one attaches elsewhere.
    unnamed = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": DOCUMENT}}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": DOCUMENT}}
    written(tmp_path / "limits.template.json", {"Resources": {"A": named, "B": unnamed, "C": role}})
    written(tmp_path / "manifest.json", {})
    assert policies(tmp_path, load_environment("dev")) == {
        "ashlar-dev-deploy-all": {
            "Use": "execution",
            "Arn": "arn:aws:iam::111122223333:policy/ashlar-bootstrap/dev/ashlar-dev-deploy-all",
            "Path": "/ashlar-bootstrap/dev/",
            "Description": "all",
            "PolicyDocument": DOCUMENT,
        }
    }


def should_give_an_organisation_everything_that_is_looked_for_later(
    assembly: Callable[..., Any], bootstrap: Callable[[str], Any]
) -> None:
    dev = load_environment("dev")
    printed = policies(Path(assembly("dev", bootstrap=True).directory), dev)
    uses = Counter(its["Use"] for its in printed.values())
    given = bootstrap("dev")["Outputs"]["ExecutionPolicies"]["Value"]["Fn::Join"][1]
    assert uses == {"permissions boundary": 1, "execution": sum(isinstance(part, dict) for part in given)}
    for name, its in printed.items():
        assert its["Arn"] == f"arn:aws:iam::111122223333:policy{its['Path']}{name}"
        assert (its["Arn"] == dev.boundary_arn) == (its["Use"] == "permissions boundary")
        # What the preflight takes for the platform's own.
        assert its["Use"] != "execution" or its["Arn"].startswith(
            f"arn:aws:iam::111122223333:policy{dev.bootstrap_path}ashlar-dev-deploy-"
        )


def should_say_what_to_do_without_an_assembly(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=r"holds no template: run `make bootstrap-policy`"):
        policies(tmp_path / "absent", load_environment("dev"))


@pytest.mark.parametrize("known", [True, False])
def should_never_bootstrap_without_the_execution_policies(tmp_path: Path, known: bool) -> None:
    """`cdk bootstrap` without them gives CloudFormation AdministratorAccess."""
    limits = tmp_path / "limits"
    if known:
        outputs(tmp_path, "org1").rename(limits.with_suffix(".json"))
    # The recipe itself, with a CDK that only says what it was asked.
    settings = ["ENV=dev", "AGAINST=", "CDK=echo called:", f"LIMITS={limits}"]
    done = subprocess.run(
        ["make", "--no-print-directory", "-o", "started", "-o", "limits", "bootstrap", *settings],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    called = [line for line in done.stdout.splitlines() if line.startswith("called: bootstrap")]
    assert (done.returncode == 0, len(called)) == (known, int(known))
    assert all(f"--cloudformation-execution-policies {POLICIES}" in line for line in called)

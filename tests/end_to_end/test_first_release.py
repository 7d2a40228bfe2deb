"""The first deployment of an endpoint with two variants: before any package, with one of two, with both."""

from __future__ import annotations

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.hosting.hosted import Hosted

ENDPOINT = "first"
VARIANTS = ("early", "late")


def should_serve_nothing_then_one_package_then_two_from_the_same_template(hosted: Hosted) -> None:
    # GIVEN a deployment before any package: there is no endpoint
    hosted.until_released(ENDPOINT, early="none", late="none")
    with pytest.raises(ClientError, match="Could not find endpoint"):
        hosted.cloud.client("sagemaker").describe_endpoint(EndpointName=f"ashlar-local-{ENDPOINT}")
    assert [hosted.processes(ENDPOINT, variant) for variant in VARIANTS] == [[], []]
    templates = [deployed_again(hosted)]
    # WHEN one of them has a package, THEN both serve it
    early = hosted.register("early")
    hosted.until_released(ENDPOINT, early=early, late=early)
    assert served(hosted) == {"early": early, "late": early}
    templates.append(deployed_again(hosted))
    # WHEN both have one, THEN each serves its own
    late = hosted.register("late")
    hosted.until_released(ENDPOINT, early=early, late=late)
    assert served(hosted) == {"early": early, "late": late}
    templates.append(deployed_again(hosted))
    # AND no byte of the template was different
    assert templates[0] == templates[1] == templates[2]


def deployed_again(hosted: Hosted) -> tuple[bytes, str]:
    """The template that the app makes now, which `cdk deploy` finds deployed, and the one that CloudFormation has."""
    app, stack = hosted.synthesize() / "app", hosted.stack(ENDPOINT)
    done = hosted.cdk("deploy", stack, "--exclusively", "--app", str(app), "--require-approval=never")
    assert done.returncode == 0, done.stderr
    assert f"{stack} (no changes)" in done.stdout + done.stderr
    deployed = hosted.cloud.client("cloudformation").get_template(StackName=stack)["TemplateBody"]
    return (app / f"{stack}.template.json").read_bytes(), json.dumps(deployed)


def served(hosted: Hosted) -> dict[str, str]:
    """Variant -> the package that answers there, as the process behind it noted it."""
    found = {}
    for variant in VARIANTS:
        word = uuid.uuid4().hex
        answer = hosted.invoke(ENDPOINT, word, target=variant)
        (note,) = hosted.seen(word)
        assert (note["variant"], note["container"]) == (variant, answer["package"])
        found[variant] = note["container"]
    return found

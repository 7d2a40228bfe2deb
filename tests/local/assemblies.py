"""Deploy a whole cloud assembly with CloudFormation's API alone, in the account that it is for."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.local.cloud import LocalCloud, eventually

_QUALIFIER = "hnb659fds"
_ENDED = ("COMPLETE", "FAILED")


@dataclass(frozen=True)
class Assembly:
    """What `cdk synth` wrote to a directory."""

    directory: Path

    @property
    def account(self) -> str:
        """The account of all stacks."""
        (account,) = {stack["environment"].split("/")[2] for _, stack in self.stacks()}
        return str(account)

    def stacks(self, wanted: Collection[str] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
        """Artifacts of stacks by id, each after those that it depends on; only those `wanted`, if any, need."""
        artifacts = json.loads((self.directory / "manifest.json").read_text())["artifacts"]
        done: set[str] = set()

        def visit(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
            if name in done:
                return
            done.add(name)
            for needed in artifacts[name].get("dependencies", []):
                yield from visit(needed)
            if artifacts[name]["type"] == "aws:cloudformation:stack":
                yield name, artifacts[name]

        for name in wanted or artifacts:
            yield from visit(name)


def deploy(cloud: LocalCloud, assembly: Assembly, wanted: Collection[str] = ()) -> dict[str, str]:
    """Deploy every stack and return the failures' reasons by stack; a stack is tried though another one failed.

    `wanted`: these stacks and what they depend on, no other.
    """
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    credentials = {"AccessKeyId": assembly.account, "SecretAccessKey": "local"}
    cloud.client("ssm", credentials).put_parameter(
        Name=f"/cdk-bootstrap/{_QUALIFIER}/version", Value="30", Type="String", Overwrite=True
    )
    _publish(cloud, assembly, credentials)
    cloudformation = cloud.client("cloudformation", credentials)
    found = {}
    for _, stack in assembly.stacks(wanted):
        name = stack_name(stack)
        options = _options(assembly, stack, cloudformation)
        cloudformation.create_stack(StackName=name, **options)
        if reasons := _failures(cloudformation, name):
            found[name] = reasons
    return found


def update(cloud: LocalCloud, assembly: Assembly, wanted: str) -> None:
    """Update one deployed stack to what the assembly has."""
    (stack,) = [artifact for id, artifact in assembly.stacks() if id == wanted]
    _publish(cloud, assembly, None)
    cloudformation = cloud.client("cloudformation")
    cloudformation.update_stack(StackName=stack_name(stack), **_options(assembly, stack, cloudformation))
    reasons = _failures(cloudformation, stack_name(stack))
    assert not reasons, reasons


def stack_name(stack: dict[str, Any]) -> str:
    """The name of an artifact that is a stack."""
    return str(stack["properties"].get("stackName") or stack["displayName"])


def _options(assembly: Assembly, stack: dict[str, Any], cloudformation: Any) -> dict[str, Any]:
    """What CreateStack and UpdateStack are told."""
    properties = stack["properties"]
    location = properties.get("stackTemplateAssetObjectUrl")
    file = assembly.directory / properties["templateFile"]
    template = (
        {"TemplateURL": _https(location, assembly.account, cloudformation)}
        if location
        else {"TemplateBody": json.dumps(json.loads(file.read_text()))}
    )
    return {
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in properties.get("parameters", {}).items()
        ],
        "Tags": [{"Key": key, "Value": value} for key, value in properties.get("tags", {}).items()],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        **template,
    }


def _https(location: str, account: str, client: Any) -> str:
    """Where CloudFormation finds a template that the assembly places in S3."""
    region = client.meta.region_name
    place = location.replace("${AWS::AccountId}", account).replace("${AWS::Region}", region).removeprefix("s3://")
    return f"https://s3.{region}.amazonaws.com/{place}"


def _failures(cloudformation: Any, name: str) -> str:
    def ended() -> Any:
        status = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        return status if status.endswith(_ENDED) and "IN_PROGRESS" not in status else None

    if eventually(ended, seconds=300) in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return ""
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    return "\n".join(f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', '')}" for e in failed)


def _publish(cloud: LocalCloud, assembly: Assembly, credentials: dict[str, str] | None) -> None:
    """Put the assets where the stacks look for them."""
    s3 = cloud.client("s3", credentials)
    buckets = set()
    for manifest in assembly.directory.glob("*.assets.json"):
        for asset in json.loads(manifest.read_text())["files"].values():
            source = assembly.directory / asset["source"]["path"]
            for destination in asset["destinations"].values():
                bucket = destination["bucketName"].replace("${AWS::AccountId}", assembly.account)
                bucket = bucket.replace("${AWS::Region}", s3.meta.region_name)
                if bucket not in buckets:
                    place = {"LocationConstraint": s3.meta.region_name}
                    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
                        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
                    buckets.add(bucket)
                s3.put_object(Bucket=bucket, Key=destination["objectKey"], Body=_content(source))


def _content(source: Path) -> bytes:
    if source.is_file():
        return source.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted(source.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(source))
    return buffer.getvalue()

"""What an endpoint runs on: its configuration, its models and where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops import live
from ops.checks.row import Answer, Check, Verdict, bad
from ops.verify.question import check, compared
from ops.verify.running import CONFIGURATION, Running

AGAIN = "find out who changed it, and deploy again or release again."


def checks(running: Running) -> Iterator[Check]:
    """The configuration first: what follows from another one is explained by it."""
    name, here = running.endpoint, f"endpoints.{running.endpoint}"
    yield check(f"{name}: configuration", here, "VERIFY-CONFIGURATION", _configuration, running)
    if not running.described or not running.declared:
        return
    yield check(f"{name}: volume key", "keys.artifacts", "VERIFY-VOLUME-KEY", _volume_key, running)
    yield check(f"{name}: data capture", f"{here}.capture", "VERIFY-CAPTURE", _capture, running)
    for variant in running.settings.served:
        path, what = f"{here}.variants.{variant}", f"{name}/{variant}"
        yield check(f"{what}: package", path, "VERIFY-PACKAGE", _package, running, variant)
        yield check(f"{what}: isolation", path, "VERIFY-ISOLATION", _isolation, running, variant)
        yield check(f"{what}: network", "network", "VERIFY-NETWORK", _network, running, variant)
        yield check(f"{what}: role", path, "VERIFY-HOSTING-ROLE", _role, running, variant)
        yield check(f"{what}: machine", path, "VERIFY-MACHINE", _machine, running, variant)


def _configuration(running: Running) -> Answer:
    """SageMaker goes back by itself on an alarm, and CloudFormation may not hear of it."""
    declared = next(iter(running.stack.of_type(CONFIGURATION)), None)
    if declared is None and not running.described:
        return Answer("not released", needed="not released")
    if declared is None:
        return bad(running.described["EndpointConfigName"], "the stack declares no endpoint yet, but one runs.", AGAIN)
    if not running.described:
        return bad("absent", "the stack has an endpoint, SageMaker has none.", AGAIN)
    # The physical id is an ARN, and ARNs have the name in lower case.
    name = running.stack.physical(declared).rsplit("/", 1)[-1].lower()
    status = running.described["EndpointStatus"]
    message = "the endpoint went back to another configuration, as it does on an alarm, or somebody changed it."
    fix = f"python -m ops release history {running.endpoint} says what was released, and why it went back."
    if status != "InService":
        return Answer(status, Verdict.ERROR, "an update runs, or failed.", "verify again when it has ended.", name)
    return compared(running.described["EndpointConfigName"].lower(), name, message, fix)


def _volume_key(running: Running) -> Answer:
    declared = running.stack.value(running.declared.get("KmsKeyId"))
    message = "the instances' storage is encrypted with another key than declared."
    return compared(running.configuration.get("KmsKeyId"), declared, message, AGAIN)


def _capture(running: Running) -> Answer:
    """By the file; where and with what key, by the template."""
    settings, template = running.settings.capture, running.stack.value(running.declared.get("DataCaptureConfig", {}))
    declared = _of_capture(template) | ({"percent": settings.percent} if settings else {"enabled": False})
    found = _of_capture(running.configuration.get("DataCaptureConfig", {}))
    live_one = running.described.get("DataCaptureConfig", {})
    if found["enabled"] and live_one.get("CaptureStatus") == "Stopped":
        found["enabled"] = False
    # An update may keep the live share, although the template asks it not to.
    found["percent"] = live_one.get("CurrentSamplingPercentage", found["percent"])
    if not settings and not found["enabled"]:
        return Answer("none", needed="none")
    fix = "deploy again; a share that stays is reset as docs/operations.md says."
    return compared(found, declared, "requests are kept otherwise than declared.", fix)


def _of_capture(config: dict[str, Any]) -> dict[str, Any]:
    return {
        "enabled": bool(config.get("EnableCapture")),
        "percent": config.get("InitialSamplingPercentage"),
        "to": config.get("DestinationS3Uri"),
        "key": config.get("KmsKeyId"),
        "of": sorted(option["CaptureMode"] for option in config.get("CaptureOptions", [])),
    }


def _package(running: Running, variant: str) -> Answer:
    """Packages, images and archives of its containers, in their order."""
    declared = _of_containers(running.stack.value(_containers(running.declared_model(variant))))
    found = _of_containers(live.containers(running.running_model(variant)))
    return compared(found, declared, "the variant runs another model than its stack selects.", AGAIN)


def _containers(model: dict[str, Any]) -> Any:
    """Unresolved: a pipeline of several, or one."""
    return model.get("Containers") or [model["PrimaryContainer"]]


def _of_containers(containers: list[dict[str, Any]]) -> list[str]:
    named = [(its.get("ModelPackageName"), its.get("Image"), its.get("ModelDataUrl")) for its in containers]
    return [" ".join(part.split(":model-package/")[-1] for part in parts if part) for parts in named]


def _isolation(running: Running, variant: str) -> Answer:
    declared = bool(running.stack.value(running.declared_model(variant).get("EnableNetworkIsolation", False)))
    found = bool(running.running_model(variant).get("EnableNetworkIsolation"))
    message = "the containers can reach a network." if declared else "the containers reach no network, not even S3."
    return compared(found, declared, message, AGAIN)


def _network(running: Running, variant: str) -> Answer:
    declared = _of_network(running.stack.value(running.declared_model(variant).get("VpcConfig", {})))
    found = _of_network(running.running_model(variant).get("VpcConfig", {}))
    return compared(found, declared, "the model stands in other subnets or security groups.", AGAIN)


def _of_network(config: dict[str, Any]) -> list[str]:
    return sorted([*config.get("Subnets", []), *config.get("SecurityGroupIds", [])])


def _role(running: Running, variant: str) -> Answer:
    declared = running.stack.value(running.declared_model(variant)["ExecutionRoleArn"])
    found = running.running_model(variant)["ExecutionRoleArn"]
    return compared(found, declared, "the model works as another role.", AGAIN)


def _machine(running: Running, variant: str) -> Answer:
    """The instance type, or what a serverless variant has in its place, by the file."""
    found = live.variants(running.configuration)[variant] if variant in running.models else {}
    settings = running.settings.variants.get(variant)
    if settings and settings.serverless:
        its, declared_limits = found.get("ServerlessConfig", {}), settings.serverless
        of = {
            "MB": its.get("MemorySizeInMB"),
            "at once": its.get("MaxConcurrency"),
            "kept warm": its.get("ProvisionedConcurrency", 0),
        }
        wanted = {
            "MB": declared_limits.memory_mb,
            "at once": declared_limits.max_concurrency,
            "kept warm": declared_limits.provisioned_concurrency,
        }
        return compared(of, wanted, "the variant has other limits than declared.", "deploy again.")
    declared = running.settings.served[variant].instance_type
    return compared(found.get("InstanceType"), declared, "the variant runs on other machines.", "deploy again.")

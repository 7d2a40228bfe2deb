"""The variants of an endpoint configuration: which combinations SageMaker hosts.

Source: API reference, ProductionVariant and CreateEndpointConfig; developer guide, "Serverless Inference" (feature
exclusions), "Shadow tests" and "Asynchronous inference".
"""

from local.sagemaker import models
from local.sagemaker.errors import ApiError, require_only, unsupported, validation
from local.sagemaker.operations import Call, Record

_COMMON = ("VariantName", "ModelName", "InitialVariantWeight")
_SERVERLESS_FIELDS = frozenset({*_COMMON, "ServerlessConfig"})
_INSTANCE_FIELDS = frozenset(
    {
        *(*_COMMON, "InitialInstanceCount", "InstanceType"),
        *("VolumeSizeInGB", "ModelDataDownloadTimeoutInSeconds", "ContainerStartupHealthCheckTimeoutInSeconds"),
        *("EnableSSMAccess", "RoutingConfig", "InferenceAmiVersion"),
    }
)
_MEMORY_STEP_MB = 1024


def all_of(configuration: Record) -> list[Record]:
    """Return the production variants and the shadow of a configuration or of a request for one."""
    return [*configuration["ProductionVariants"], *(configuration.get("ShadowProductionVariants") or [])]


def is_serverless(configuration: Record) -> bool:
    """Return whether a configuration has processes only while there are requests."""
    return any(variant.get("ServerlessConfig") for variant in all_of(configuration))


def check(call: Call) -> None:
    """Refuse variants that SageMaker refuses, or that the local cloud does not host."""
    listed = all_of(call.params)
    names = [variant["VariantName"] for variant in listed]
    if len(set(names)) != len(names):
        raise validation(f"Production variant names must be unique: {', '.join(names)}.")
    for variant in listed:
        _check_one(call, variant)
    if not any(variant.get("InitialVariantWeight", 1.0) > 0 for variant in call["ProductionVariants"]):
        raise validation("At least one production variant must have a weight greater than 0.")
    if call.get("ShadowProductionVariants") and len(listed) != 2:
        raise validation(
            "An endpoint with a shadow has exactly one production variant and one shadow variant, not "
            f"{len(call['ProductionVariants'])} and {len(call['ShadowProductionVariants'])}."
        )
    if call.get("ShadowProductionVariants") and any(_containers(call, variant) > 1 for variant in listed):
        raise _excluded("a shadow variant with inference pipelines")
    if is_serverless(call.params):
        _check_serverless(call)
    if call.get("AsyncInferenceConfig"):
        _check_asynchronous(call)


def _check_one(call: Call, variant: Record) -> None:
    where = f"Variant {variant['VariantName']}"
    if not variant.get("ModelName"):
        raise unsupported(f"{where}: inference components", "Give ModelName.")
    models.table(call.region)[variant["ModelName"]]
    if variant.get("ServerlessConfig"):
        require_only(where, variant, _SERVERLESS_FIELDS, "A serverless variant has no instances.")
        return
    require_only(where, variant, _INSTANCE_FIELDS, "Use instances (InitialInstanceCount) or ServerlessConfig.")
    if not variant.get("InstanceType") or not variant.get("InitialInstanceCount"):
        raise validation(f"{where} needs InstanceType and InitialInstanceCount, or ServerlessConfig.")


def _check_serverless(call: Call) -> None:
    if len(all_of(call.params)) != 1:
        raise _excluded("Serverless Inference with several variants")
    for field in ("DataCaptureConfig", "KmsKeyId", "AsyncInferenceConfig"):
        if call.get(field):
            raise _excluded(f"Serverless Inference with {field}")
    (variant,) = call["ProductionVariants"]
    model = models.table(call.region)[variant["ModelName"]]
    for field in ("VpcConfig", "EnableNetworkIsolation"):
        if model.get(field):
            raise _excluded(f"Serverless Inference with {field} of model {model['ModelName']}")
    if _containers(call, variant) > 1:
        raise _excluded(f"Serverless Inference with the inference pipeline of model {model['ModelName']}")
    given = variant["ServerlessConfig"]
    if given["MemorySizeInMB"] % _MEMORY_STEP_MB:
        raise validation(f"MemorySizeInMB {given['MemorySizeInMB']} must be 1024, 2048, 3072, 4096, 5120 or 6144.")
    check_concurrency(given)


def check_replacement(old: Record, new: Record) -> None:
    """Refuse an update that SageMaker refuses: to serverless variants, or between the two kinds of invocation."""
    if bool(new.get("AsyncInferenceConfig")) != bool(old.get("AsyncInferenceConfig")):
        raise validation(
            "An endpoint cannot change between real-time and asynchronous inference: only one of "
            f"{old['EndpointConfigName']} and {new['EndpointConfigName']} has AsyncInferenceConfig."
        )
    if is_serverless(new) and not is_serverless(old):
        raise validation(
            f"An endpoint with instances cannot become serverless: {old['EndpointConfigName']} has instances, "
            f"{new['EndpointConfigName']} has ServerlessConfig."
        )


def check_traffic(configuration: Record, kind: str) -> None:
    """Refuse to move the traffic of a serverless variant in steps: it has no capacity to count them by."""
    if is_serverless(configuration) and kind != "ALL_AT_ONCE":
        raise _excluded(f"Serverless Inference with {kind} traffic routing")


def check_concurrency(given: Record) -> None:
    """Refuse more provisioned concurrency than there may be requests."""
    provisioned, most = given.get("ProvisionedConcurrency") or 0, given["MaxConcurrency"]
    if provisioned > most:
        raise validation(f"ProvisionedConcurrency {provisioned} must not be greater than MaxConcurrency {most}.")


def _check_asynchronous(call: Call) -> None:
    if call.get("ShadowProductionVariants"):
        raise _excluded("Asynchronous Inference with ShadowProductionVariants")


def _containers(call: Call, variant: Record) -> int:
    return len(models.table(call.region)[variant["ModelName"]]["_containers"])


def _excluded(combination: str) -> ApiError:
    return validation(
        f"One or more endpoint features are not supported using this configuration: {combination}."
    )  # fmt: skip

"""What the local cloud refuses of a training job, because AWS does or because it would not do it."""

from collections.abc import Mapping
from typing import Any

from local import stand_ins
from local.sagemaker import channels, script_mode
from local.sagemaker.children import state_folder
from local.sagemaker.errors import require_only, require_value, unsupported, validation
from local.sagemaker.training import DEFAULT_LIMIT_SECONDS

Params = Mapping[str, Any]
# What is carried out or recorded of each structure; docs/local.md tells which.
_HONOURED = {
    "AlgorithmSpecification": (
        *("TrainingImage", "TrainingInputMode", "MetricDefinitions", "ContainerEntrypoint", "ContainerArguments"),
        "EnableSageMakerMetricsTimeSeries",
    ),
    "ResourceConfig": ("InstanceCount", "InstanceType", "VolumeSizeInGB", "VolumeKmsKeyId", "KeepAlivePeriodInSeconds"),
    "StoppingCondition": ("MaxRuntimeInSeconds", "MaxWaitTimeInSeconds"),
}
_CHANNEL_FIELDS = (
    *("ChannelName", "DataSource", "ContentType", "CompressionType", "RecordWrapperType", "InputMode", "ShuffleConfig"),
)
_MOST_INSTANCES = 8  # each is a process on this machine


def check(params: Params) -> None:
    """Raise ValidationException that names what is wrong with a job, or what of it cannot be carried out here."""
    for field, honoured in _HONOURED.items():
        require_only(field, params.get(field) or {}, honoured)
    if not 1 <= params["ResourceConfig"].get("InstanceCount", 1) <= _MOST_INSTANCES:
        raise unsupported(
            f"Training on {params['ResourceConfig']['InstanceCount']} instances", f"Use 1 to {_MOST_INSTANCES}."
        )
    if not params["ResourceConfig"].get("InstanceType"):
        raise unsupported("ResourceConfig without an InstanceType", "Name the instance type.")
    if not (params.get("ProfilerConfig") or {"DisableProfiler": True}).get("DisableProfiler"):
        raise unsupported("The profiler", "Set ProfilerConfig.DisableProfiler.")
    names = [channel["ChannelName"] for channel in params.get("InputDataConfig") or []]
    if len(set(names)) != len(names):
        raise validation(f"Each channel needs a name of its own: {', '.join(sorted(names))}.")
    for channel in params.get("InputDataConfig") or []:
        _check_channel(channel, params["AlgorithmSpecification"]["TrainingInputMode"])
    _check_waiting_time(params)
    _check_code(params)


def _check_channel(channel: Params, default_mode: str) -> None:
    where = f"Channel {channel['ChannelName']}"
    require_only(where, channel, _CHANNEL_FIELDS)
    require_value(where, channel, "RecordWrapperType", "None")
    source = channel["DataSource"].get("S3DataSource")
    if not source:
        kind = next(iter(channel["DataSource"]), "no data source")
        raise unsupported(f"{where}: {kind}", "The local cloud has no file systems: use S3DataSource.")
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise unsupported(f"{where}: S3DataType {source['S3DataType']}", "Use S3Prefix or ManifestFile.")
    require_only(where, source, ("S3DataType", "S3Uri", "S3DataDistributionType"))
    mode = channels.input_mode(channel, default_mode)
    if channel.get("CompressionType") == "Gzip" and mode != "Pipe":
        raise validation(
            f"{where}: CompressionType Gzip is for InputMode Pipe only. In {mode} mode SageMaker leaves files as they "
            "are: use None and decompress them in the script."
        )


def _check_waiting_time(params: Params) -> None:
    limits = params["StoppingCondition"]
    longest = limits.get("MaxRuntimeInSeconds", DEFAULT_LIMIT_SECONDS)
    is_spot = params.get("EnableManagedSpotTraining")
    if is_spot and limits.get("MaxWaitTimeInSeconds", 0) < longest:
        raise validation(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds when "
            "EnableManagedSpotTraining is true."
        )
    if not is_spot and limits.get("MaxWaitTimeInSeconds"):
        raise validation(
            "MaxWaitTimeInSeconds is for managed spot training: set EnableManagedSpotTraining, or drop it."
        )
    if is_spot and params["ResourceConfig"].get("KeepAlivePeriodInSeconds"):
        raise validation("KeepAlivePeriodInSeconds is not for managed spot training: a spot instance is not kept warm.")


def _check_code(params: Params) -> None:
    """Refuse a job that nothing here can run, and one whose code cannot reach an isolated container."""
    specification = params["AlgorithmSpecification"]
    given = script_mode.decode_hyperparameters(params.get("HyperParameters") or {})
    if specification.get("ContainerEntrypoint"):
        return
    if "sagemaker_program" not in given:
        image = specification.get("TrainingImage")
        if not image:
            raise unsupported("A job without a TrainingImage", "Name the image.")
        if stand_ins.find(state_folder(), image) is None:
            raise unsupported(
                f"{image} by itself, a built-in algorithm or an image of your own,",
                f"No image runs here. Say what runs in its place: {stand_ins.usage(state_folder(), image)} . Or train "
                "by a script: hyperparameters sagemaker_program and sagemaker_submit_directory.",
            )
        return
    if "sagemaker_submit_directory" not in given:
        raise validation("Hyperparameter sagemaker_program needs sagemaker_submit_directory: where the script is.")
    directory = str(given["sagemaker_submit_directory"])
    if directory.startswith("s3://") and params.get("EnableNetworkIsolation"):
        raise validation(
            f"sagemaker_submit_directory {directory} cannot be fetched under EnableNetworkIsolation: give the code as "
            "an input channel and name its path there, such as /opt/ml/input/data/code/sourcedir.tar.gz."
        )

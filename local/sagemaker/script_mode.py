"""The contract of the SageMaker training toolkit: how a script learns its hyperparameters, channels and folders.

Source: github.com/aws/sagemaker-training-toolkit, ENVIRONMENT_VARIABLES.md and mapping.py.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_INTERFACE = "lo"  # every host of a job is this machine
_OWN = ("sagemaker_", "_tuning_")


@dataclass(frozen=True)
class Cluster:
    """The hosts of a job, and which of them this one is."""

    hosts: tuple[str, ...] = ("algo-1",)
    index: int = 0
    instance_type: str = "ml.m5.large"

    @property
    def current(self) -> str:
        """The name of this host."""
        return self.hosts[self.index]

    def configuration(self) -> dict[str, Any]:
        """Return the content of resourceconfig.json."""
        group = {"instance_group_name": "homogeneousCluster", "instance_type": self.instance_type}
        return {
            "current_host": self.current,
            "current_instance_type": self.instance_type,
            "current_group_name": "homogeneousCluster",
            "hosts": list(self.hosts),
            "instance_groups": [{**group, "hosts": list(self.hosts)}],
            "network_interface_name": _INTERFACE,
        }


_ONE_HOST = Cluster()


def decode_hyperparameters(given: Mapping[str, str]) -> dict[str, Any]:
    """Return each value decoded from JSON where it is JSON: SDKs send `"train.py"` with quotes, people without."""
    return {name: _decode(value) for name, value in given.items()}


def user_hyperparameters(decoded: Mapping[str, Any]) -> dict[str, Any]:
    """Return those that are the script's: the toolkit keeps `sagemaker_...` and a tuning job's own for itself."""
    return {name: value for name, value in decoded.items() if not name.startswith(_OWN)}


def arguments(hyperparameters: Mapping[str, Any]) -> list[str]:
    """Return the script's command line: `--name value`, or `-n value` for a name of one letter."""
    words: list[str] = []
    for name, value in sorted(hyperparameters.items()):
        words += [f"--{name}" if len(name) > 1 else f"-{name}", _argument(value)]
    return words


def environment(
    opt_ml: Path,
    hyperparameters: Mapping[str, Any],
    channels: Sequence[Mapping[str, Any]],
    cluster: Cluster = _ONE_HOST,
) -> dict[str, str]:
    """Return the SM_* variables of a job whose /opt/ml is `opt_ml`."""
    names = sorted(channel["ChannelName"] for channel in channels)
    channel_folders = {f"SM_CHANNEL_{name.upper()}": str(opt_ml / "input" / "data" / name) for name in names}
    return {
        "SM_MODEL_DIR": str(opt_ml / "model"),
        "SM_OUTPUT_DIR": str(opt_ml / "output"),
        "SM_OUTPUT_DATA_DIR": str(opt_ml / "output" / "data"),
        "SM_INPUT_DIR": str(opt_ml / "input"),
        "SM_INPUT_CONFIG_DIR": str(opt_ml / "input" / "config"),
        "SM_MODULE_DIR": str(opt_ml / "code"),
        "SM_CHANNELS": json.dumps(names),
        "SM_HPS": json.dumps(dict(hyperparameters)),
        "SM_USER_ARGS": json.dumps(arguments(hyperparameters)),
        "SM_NUM_CPUS": str(os.cpu_count() or 1),
        "SM_NUM_GPUS": "0",
        "SM_HOSTS": json.dumps(list(cluster.hosts)),
        "SM_CURRENT_HOST": cluster.current,
        "SM_CURRENT_INSTANCE_TYPE": cluster.instance_type,
        "SM_NETWORK_INTERFACE_NAME": _INTERFACE,
        "SM_RESOURCE_CONFIG": json.dumps(cluster.configuration()),
        **channel_folders,
        **{f"SM_HP_{name.upper()}": _argument(value) for name, value in hyperparameters.items()},
    }


def write_configuration(
    folder: Path,
    hyperparameters: Mapping[str, str],
    channels: Sequence[Mapping[str, Any]],
    input_mode: str = "File",
    cluster: Cluster = _ONE_HOST,
) -> None:
    """Write the files of /opt/ml/input/config; `input_mode` is that of channels which name none."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs = {channel["ChannelName"]: _channel_configuration(channel, input_mode) for channel in channels}
    for name, content in (
        ("hyperparameters.json", dict(hyperparameters)),
        ("resourceconfig.json", cluster.configuration()),
        ("inputdataconfig.json", inputs),
    ):
        (folder / name).write_text(json.dumps(content, indent=2))


def _channel_configuration(channel: Mapping[str, Any], input_mode: str) -> dict[str, Any]:
    source = channel["DataSource"]["S3DataSource"]
    content_type = {"ContentType": channel["ContentType"]} if channel.get("ContentType") else {}
    return {
        "TrainingInputMode": channel.get("InputMode") or input_mode,
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        **content_type,
    }


def _decode(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _argument(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={item}" for key, item in sorted(value.items()))
    return value if isinstance(value, str) else str(value)

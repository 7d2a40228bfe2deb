"""The contract of the SageMaker training toolkit: how a script learns its hyperparameters, channels and folders.

Source: github.com/aws/sagemaker-training-toolkit, ENVIRONMENT_VARIABLES.md and mapping.py.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_HOST = "algo-1"


def decode_hyperparameters(given: Mapping[str, str]) -> dict[str, Any]:
    """Return each value decoded from JSON where it is JSON: SDKs send `"train.py"` with quotes, people without."""
    return {name: _decode(value) for name, value in given.items()}


def user_hyperparameters(decoded: Mapping[str, Any]) -> dict[str, Any]:
    """Return those that are the script's: the toolkit keeps what starts with `sagemaker_` for itself."""
    return {name: value for name, value in decoded.items() if not name.startswith("sagemaker_")}


def arguments(hyperparameters: Mapping[str, Any]) -> list[str]:
    """Return the script's command line: `--name value`, or `-n value` for a name of one letter."""
    words: list[str] = []
    for name, value in sorted(hyperparameters.items()):
        words += [f"--{name}" if len(name) > 1 else f"-{name}", _argument(value)]
    return words


def environment(
    opt_ml: Path, hyperparameters: Mapping[str, Any], channels: Sequence[Mapping[str, Any]]
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
        "SM_HOSTS": json.dumps([_HOST]),
        "SM_CURRENT_HOST": _HOST,
        **channel_folders,
        **{f"SM_HP_{name.upper()}": _argument(value) for name, value in hyperparameters.items()},
    }


def write_configuration(
    folder: Path, hyperparameters: Mapping[str, str], channels: Sequence[Mapping[str, Any]]
) -> None:
    """Write the files of /opt/ml/input/config."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs = {channel["ChannelName"]: _channel_configuration(channel) for channel in channels}
    resources = {"current_host": _HOST, "hosts": [_HOST], "current_group_name": "homogeneousCluster"}
    for name, content in (
        ("hyperparameters.json", dict(hyperparameters)),
        ("resourceconfig.json", resources),
        ("inputdataconfig.json", inputs),
    ):
        (folder / name).write_text(json.dumps(content, indent=2))


def _channel_configuration(channel: Mapping[str, Any]) -> dict[str, Any]:
    source = channel["DataSource"]["S3DataSource"]
    content_type = {"ContentType": channel["ContentType"]} if channel.get("ContentType") else {}
    return {
        "TrainingInputMode": "File",
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

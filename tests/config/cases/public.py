"""Configurations that went wrong in public, in this project's words: each was found only after it had been submitted.

`source` is where somebody asked about it. The setting that is wrong is theirs; what surrounds it is an environment that
ships.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.config.cases.case import Changes
from tests.config.cases.hosting import ENDPOINT, PACKAGES, REGISTRY, SERVING
from tests.config.cases.hosting import LINEAR as VARIANT
from tests.config.cases.training import KEY, LINEAR, REVIEWS, TREES, TUNING

GITHUB = "https://github.com"
EXAMPLES = f"{GITHUB}/aws/amazon-sagemaker-examples"
SDK = f"{GITHUB}/aws/sagemaker-python-sdk"
FEEDBACK = f"{GITHUB}/aws/amazon-sagemaker-feedback"
LONG = "x" * 300


@dataclass(frozen=True)
class Asked:
    """What was asked, where, what of it is wrong here, the rule that refuses it, and words of its help."""

    about: str
    source: str
    changes: Changes
    rule: str
    says: str
    environment: str = "dev"


def algorithm(name: str, channels: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """A candidate of a built-in algorithm."""
    return {LINEAR: {"algorithm": name, "channels": channels, **settings}}


def csv(name: str = "train", content: str = "text/csv") -> dict[str, Any]:
    """A channel of CSV."""
    return {name: {"from": "train" if name in ("train", "training") else "validation", "content_type": content}}


def tuned(**tuning: Any) -> dict[str, Any]:
    """A script's tuning."""
    return {f"{LINEAR}.tuning": {**TUNING, **tuning}}


IMAGES = {
    "train": {"from": "train", "content_type": "application/x-recordio"},
    "validation": {"from": "validation", "content_type": "application/x-recordio"},
}
COUNTS = {"num_classes": 257, "num_training_samples": 15420}
SEGMENTS = {
    name: {"from": "train", "content_type": kind}
    for name, kind in {
        "train": "image/jpeg",
        "validation": "image/jpeg",
        "train_annotation": "image/png",
        "validation_annotation": "image/png",
    }.items()
}
PUBLIC = [
    Asked(
        "a built-in image algorithm on a machine without GPUs",
        f"{EXAMPLES}/issues/1951",
        algorithm("image-classification", IMAGES, hyperparameters=COUNTS, instance_type="ml.c4.2xlarge"),
        "ALGORITHM-NEEDS-GPU",
        "ml.g5.2xlarge",
    ),
    Asked(
        "mini-batches larger than the training set",
        f"{EXAMPLES}/issues/1492",
        algorithm(
            "image-classification",
            IMAGES,
            hyperparameters={"num_classes": 5, "num_training_samples": 100, "mini_batch_size": 128},
            instance_type="ml.p3.2xlarge",
        ),
        "HYPERPARAMETER-ORDER",
        "at most 100",
    ),
    Asked(
        "single images through a pipe",
        f"{EXAMPLES}/issues/1316",
        algorithm(
            "semantic-segmentation", SEGMENTS, hyperparameters=COUNTS, input_mode="Pipe", instance_type="ml.p3.2xlarge"
        ),
        "PIPE-CONTENT",
        "application/x-recordio",
    ),
    Asked(
        "several instances for a text classifier that trains on one",
        f"{EXAMPLES}/pull/2051",
        algorithm("blazingtext", csv(content="text/plain"), hyperparameters={"mode": "supervised"}, instances=2),
        "ALGORITHM-INSTANCES",
        "instances: 1",
    ),
    Asked(
        "CSV for k-means, without saying that no column is a label",
        f"{SDK}/issues/619",
        algorithm("kmeans", csv(), hyperparameters={"k": 10, "feature_dim": 784}),
        "LABEL-POSITION",
        "text/csv;label_size=0",
    ),
    Asked(
        "a content type that the algorithm does not read, found out after minutes",
        f"{SDK}/issues/133",
        algorithm("xgboost", csv(content="application/jsonlines"), hyperparameters={"num_round": 10}),
        "CONTENT-TYPE",
        "text/csv",
    ),
    Asked(
        "FastFile for an algorithm's channel",
        f"{GITHUB}/boto/boto3/issues/4469",
        algorithm(
            "object2vec",
            {"train": {"from": "train", "content_type": "application/jsonlines"}},
            hyperparameters={"enc0_max_seq_len": 10, "enc0_vocab_size": 100},
            input_mode="FastFile",
        ),
        "INPUT-MODE",
        "use File",
    ),
    Asked(
        "FastFile for the input of a processing job",
        f"{SDK}/issues/4711",
        {f"{REVIEWS}.processing.input_mode": "FastFile"},
        "UNKNOWN-KEY",
        "Known here: arguments",
    ),
    Asked(
        "hyperparameters of a forecast under names that it does not have",
        f"{EXAMPLES}/issues/723",
        algorithm(
            "forecasting-deepar",
            {
                "train": {"from": "train", "content_type": "json"},
                "test": {"from": "validation", "content_type": "json"},
            },
            hyperparameters={"context_length": 60, "epocs_param": 50, "prediction_length": 10},
        ),
        "HYPERPARAMETER-REQUIRED",
        "add `epochs`",
    ),
    Asked(
        "a number of trees that the container would not take",
        f"{GITHUB}/aws/sagemaker-xgboost-container/pull/118",
        {LINEAR: {**TREES, "hyperparameters": {"num_round": -1}}},
        "HYPERPARAMETER-VALUE",
        "at least 1",
    ),
    Asked(
        "tuning by a metric without an expression for it",
        f"{EXAMPLES}/issues/1207",
        tuned(objective={"metric": "validation:loss", "goal": "minimize"}),
        "OBJECTIVE-METRIC",
        "add its expression to `metrics`",
    ),
    Asked(
        "an expression that ends in a lazy group, so that no metric is found",
        f"{SDK}/issues/3932",
        {f"{LINEAR}.metrics": {"validation:f1": "F1=(.*?)"}},
        "METRIC-LAZY",
        "([0-9.]+)",
    ),
    Asked(
        "tuning a hyperparameter that the algorithm keeps fixed",
        f"{GITHUB}/awsdocs/amazon-sagemaker-developer-guide/issues/90",
        algorithm(
            "semantic-segmentation",
            SEGMENTS,
            hyperparameters=COUNTS,
            instance_type="ml.p3.2xlarge",
            tuning={
                "objective": {"metric": "validation:mIOU", "goal": "maximize"},
                "ranges": {"gamma1": {"type": "continuous", "min": 0.1, "max": 0.9}},
                "max_jobs": 3,
            },
        ),
        "RANGE-TUNABLE",
        "search among: learning_rate",
    ),
    Asked(
        "more jobs than the ranges have combinations",
        f"{GITHUB}/aws/amazon-sagemaker-operator-for-k8s/issues/123",
        tuned(max_jobs=10, ranges={"depth": {"type": "integer", "min": 1, "max": 3}}),
        "TUNING-COMBINATIONS",
        "at most 3",
    ),
    Asked(
        "ranges of a single number",
        f"{FEEDBACK}/issues/195",
        tuned(
            ranges={"depth": {"type": "integer", "min": 1, "max": 1}, "c": {"type": "continuous", "min": 0, "max": 1}}
        ),
        "RANGE-ORDER",
        "fix `depth` in `hyperparameters`",
    ),
    Asked(
        "ranges of a single category",
        f"{FEEDBACK}/issues/195",
        tuned(
            ranges={"p": {"type": "categorical", "values": ["cat1"]}, "c": {"type": "continuous", "min": 0, "max": 1}}
        ),
        "RANGE-VALUES",
        "fix `p` in `hyperparameters`",
    ),
    Asked(
        "Hyperband without knowing how long a job may be",
        f"{GITHUB}/awslabs/graphstorm/issues/1243",
        tuned(strategy="Hyperband"),
        "HYPERBAND-EPOCHS",
        "epochs",
    ),
    Asked(
        "a logarithmic scale from zero on",
        f"{GITHUB}/kubeflow/katib/issues/2678",
        tuned(ranges={"c": {"type": "continuous", "min": 0, "max": 1, "scale": "logarithmic"}}),
        "RANGE-LOGARITHMIC",
        "above 0",
    ),
    Asked(
        "a name of a hyperparameter that a pipeline parameter should give",
        f"{FEEDBACK}/issues/197",
        {f"{LINEAR}.hyperparameters": {"{name}": 1}},
        "SCHEMA",
        "Letters, digits and _.-",
    ),
    Asked(
        "a hyperparameter as long as a schema",
        f"{SDK}/issues/314",
        {f"{LINEAR}.hyperparameters": {"schema": LONG * 10}},
        "HYPERPARAMETER-LENGTH",
        "a file of the model's folder",
    ),
    Asked(
        "an argument of a processing job that is a whole description",
        f"{SDK}/issues/5224",
        {f"{REVIEWS}.processing.arguments": {"description": LONG}},
        "ARGUMENT-LENGTH",
        "a file of the model's folder",
    ),
    Asked(
        "eleven inputs of one processing job, refused only when it ran",
        f"{SDK}/issues/2554",
        {
            f"{REVIEWS}.candidates": {
                name: {"entry_point": "train_linear.py", "image": "sklearn"}
                for name in ("linear", "xgboost", "c", "d", "e", "f", "g", "h", "i")
            }
        },
        "EVALUATION-INPUTS",
        "at most 8 candidates",
    ),
    Asked(
        "names that are too long once everything stands before them",
        f"{SDK}/issues/5099",
        {"prefix": "a-long-name-for-work"},
        "NAME-SHORT",
        "at most 18 letters",
    ),
    Asked(
        "spot without checkpoints for a job of many hours",
        f"{GITHUB}/Boise-State-Development/agentcore-public-stack/pull/1025",
        {f"{LINEAR}.max_runtime_minutes": 1440, f"{LINEAR}.spot": {"max_wait_minutes": 2880}},
        "SPOT-CHECKPOINTS",
        "checkpoints: true",
    ),
    Asked(
        "a longest wait for machines that are not spot",
        f"{GITHUB}/Kenza-AI/sagify/issues/111",
        {f"{LINEAR}.max_wait_minutes": 60},
        "UNKNOWN-KEY",
        "spot",
    ),
    Asked(
        "warm machines for tuning, which it never keeps",
        f"{GITHUB}/aws-controllers-k8s/sagemaker-controller/pull/176",
        {f"{LINEAR}.warm_pool_minutes": 30, **tuned()},
        "WARM-POOL-TUNING",
        "remove it",
    ),
    Asked(
        "a key for drives that the hardware encrypts",
        f"{SDK}/issues/3677",
        {f"{REVIEWS}.candidates.xgboost.instance_type": "ml.g5.2xlarge", "keys.data": KEY},
        "KMS-NVME",
        "hardware_encryption: accepted",
    ),
    Asked(
        "an address of HTTPS where S3's own belongs",
        f"{EXAMPLES}/issues/3881",
        {f"{LINEAR}.channels": {"train": {"from": "https://s3-us-west-2.amazonaws.com/our-bucket/train"}}},
        "CHANNEL-SOURCE",
        "s3://<bucket>/<prefix>",
    ),
    Asked(
        "data in a bucket of another region",
        f"{EXAMPLES}/pull/2077",
        {
            f"{LINEAR}.channels": {"train": {"from": "s3://our-data-us-west-2/train/"}},
            "network.s3_read_buckets": ["our-data-us-west-2"],
        },
        "CHANNEL-REGION",
        "a bucket in eu-west-1",
    ),
    Asked(
        "an image of another region's registry",
        f"{GITHUB}/ed-donner/alex/issues/30",
        {LINEAR: {"own_image": f"{REGISTRY.replace('eu-west-1', 'us-east-1')}/ours@sha256:{'0' * 64}"}},
        "IMAGE-REGISTRY",
        f"push it to {REGISTRY}",
    ),
    Asked(
        "a package of another region",
        f"{EXAMPLES}/issues/1438",
        {
            VARIANT: {
                "package": f"{PACKAGES.replace('eu-west-1', 'us-west-2')}/ashlar-dev-reviews-linear/1",
                "instances": 1,
            }
        },
        "ARN-PLACE",
        "region 'us-west-2' must be 'eu-west-1'",
    ),
    Asked(
        "a file system that is not in the job's VPC",
        f"{SDK}/issues/2204",
        {
            f"{LINEAR}.channels": {
                "train": {"file_system": {"id": "fs-0a1b2c3d4e5f60718", "type": "EFS", "path": "/train"}}
            }
        },
        "FILE-SYSTEM-VPC",
        "network.existing",
    ),
    Asked(
        "a placeholder where the kind of file system belongs",
        f"{EXAMPLES}/issues/2401",
        {
            f"{LINEAR}.channels": {
                "train": {"file_system": {"id": "fs-0a1b2c3d4e5f60718", "type": "<your_file_system_type>", "path": "/"}}
            }
        },
        "SCHEMA",
        "write 'EFS' or 'FSxLustre'",
    ),
    Asked(
        "packages of PyPI in a job without the internet",
        f"{SDK}/issues/1142",
        {f"{LINEAR}.hyperparameters": {"index": "https://pypi.org/simple"}},
        "ISOLATION-URI",
        "the model's folder",
    ),
    Asked(
        "several slices in the filter of a batch transform",
        f"{SDK}/issues/1112",
        {f"{REVIEWS}.transform": {"join": "Input", "output_filter": "$[0:2,246:]"}},
        "TRANSFORM-PATH",
        "$[1:]",
    ),
    Asked(
        "batches of images, each of which is a file",
        f"{EXAMPLES}/pull/402",
        {f"{REVIEWS}.transform": {"strategy": "MultiRecord", "split": "None", "max_concurrent": 10}},
        "TRANSFORM-BATCH",
        "SingleRecord",
    ),
    Asked(
        "scaling of burstable instances",
        f"{GITHUB}/aws-controllers-k8s/community/pull/1633",
        {f"{VARIANT}.instance_type": "ml.t2.medium"},
        "AUTOSCALING-BURSTABLE",
        "ml.m5.large",
    ),
    Asked(
        "a number of instances for a serverless endpoint",
        f"{SDK}/issues/3059",
        {
            ENDPOINT: {
                "mode": "serverless",
                "rollout": {"kind": "all_at_once"},
                "variants": {"linear": {**SERVING, "serverless": {"memory_mb": 4096}, "instances": 1}},
            }
        },
        "SERVERLESS-WITHOUT",
        "remove it",
    ),
]

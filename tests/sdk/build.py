"""The pipeline of tests/stacks/test_pipeline_sdk.py as a user of the SDK would write it; prints its definition.

Runs in an environment of its own (`make compare-sdk`), without network and without credentials.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

REGION, ACCOUNT = "eu-west-1", "111122223333"
os.environ.update(
    AWS_DEFAULT_REGION=REGION,
    AWS_EC2_METADATA_DISABLED="true",
    AWS_CONFIG_FILE="/dev/null",
    AWS_SHARED_CREDENTIALS_FILE="/dev/null",
    SAGEMAKER_VALIDATE_ROLE="false",
)


def refuse(*_: Any, **__: Any) -> None:
    """Nothing here may reach AWS."""
    raise OSError("the network is closed")


socket.socket.connect = refuse  # type: ignore[method-assign]
socket.getaddrinfo = refuse  # type: ignore[assignment]

import boto3  # noqa: E402
from sagemaker.core.lambda_helper import Lambda  # noqa: E402
from sagemaker.core.network import NetworkConfig  # noqa: E402
from sagemaker.core.parameter import CategoricalParameter, ContinuousParameter, IntegerParameter  # noqa: E402
from sagemaker.core.processing import Processor  # noqa: E402
from sagemaker.core.shapes import (  # noqa: E402
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    StoppingCondition,
)
from sagemaker.core.training.configs import (  # noqa: E402
    CheckpointConfig,
    Compute,
    InputData,
    MetricDefinition,
    Networking,
    OutputDataConfig,
)
from sagemaker.core.transformer import Transformer  # noqa: E402
from sagemaker.core.workflow.conditions import (  # noqa: E402
    ConditionGreaterThan,
    ConditionGreaterThanOrEqualTo,
    ConditionLessThan,
    ConditionLessThanOrEqualTo,
    ConditionOr,
)
from sagemaker.core.workflow.execution_variables import ExecutionVariables  # noqa: E402
from sagemaker.core.workflow.functions import Join, JsonGet  # noqa: E402
from sagemaker.core.workflow.parameters import ParameterInteger, ParameterString  # noqa: E402
from sagemaker.core.workflow.pipeline_context import PipelineSession  # noqa: E402
from sagemaker.core.workflow.properties import PropertyFile  # noqa: E402
from sagemaker.mlops.workflow.condition_step import ConditionStep  # noqa: E402
from sagemaker.mlops.workflow.fail_step import FailStep  # noqa: E402
from sagemaker.mlops.workflow.lambda_step import LambdaOutput, LambdaStep  # noqa: E402
from sagemaker.mlops.workflow.model_step import ModelStep  # noqa: E402
from sagemaker.mlops.workflow.pipeline import Pipeline  # noqa: E402
from sagemaker.mlops.workflow.retry import (  # noqa: E402
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.mlops.workflow.steps import (  # noqa: E402
    CacheConfig,
    ProcessingStep,
    TrainingStep,
    TransformStep,
    TuningStep,
)
from sagemaker.serve.model_builder import ModelBuilder  # noqa: E402
from sagemaker.train import ModelTrainer  # noqa: E402
from sagemaker.train.tuner import HyperparameterTuner  # noqa: E402

SESSION = PipelineSession(
    boto_session=boto3.Session(region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x"),
    default_bucket="unused",
    sagemaker_config={"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}},
)
SESSION._default_bucket = "unused"  # else it would ask S3 whether the bucket is there
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:ashlar-dev-training-reviews-Workflow"
SUBNETS, GROUPS = ["subnet-00000001", "subnet-00000002"], ["sg-00000001"]
EXECUTION = ExecutionVariables.PIPELINE_EXECUTION_ID
CACHE = CacheConfig(enable_caching=True, expire_after="P7D")
THROTTLED = StepRetryPolicy(
    exception_types=[StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
    interval_seconds=10,
    backoff_rate=2.0,
    max_attempts=6,
)
RETRY = [
    THROTTLED,
    SageMakerJobStepRetryPolicy(
        exception_types=[SageMakerJobExceptionTypeEnum.CAPACITY_ERROR, SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT],
        interval_seconds=300,
        backoff_rate=1.5,
        expire_after_mins=360,
    ),
    SageMakerJobStepRetryPolicy(
        exception_types=[SageMakerJobExceptionTypeEnum.INTERNAL_ERROR],
        interval_seconds=30,
        backoff_rate=2.0,
        max_attempts=2,
    ),
]
UNPACK = 'cd "$(mktemp -d)" && tar -xzf /opt/ml/processing/input/code/*.gz && exec python3 "$@"'
NAMES = ("script", "searched")


def role(kind: str) -> str:
    """As tests/stacks/planned.py names them."""
    return f"arn:aws:iam::{ACCOUNT}:role/ashlar/dev/{kind}/example"


def given(name: str, uri: Any, kind: str = "S3Prefix") -> ProcessingInput:
    """An input below /opt/ml/processing/input."""
    source = ProcessingS3Input(
        s3_uri=uri, local_path=f"/opt/ml/processing/input/{name}", s3_data_type=kind, s3_input_mode="File"
    )
    return ProcessingInput(input_name=name.replace("/", "-"), s3_input=source)


def written(name: str, *where: Any) -> ProcessingOutput:
    """An output below /opt/ml/processing/output."""
    target = ProcessingS3Output(
        s3_uri=Join(on="/", values=list(where)),
        local_path=f"/opt/ml/processing/output/{name}",
        s3_upload_mode="EndOfJob",
    )
    return ProcessingOutput(output_name=name, s3_output=target)


def processing(name: str, kind: str, image: str, arguments: list[Any], inputs: Any, outputs: Any, **step: Any) -> Any:
    """A processing step, as the platform runs one."""
    processor = Processor(
        role=role(kind),
        image_uri=f"{REGISTRY}/{image}:1",
        instance_count=1,
        instance_type="ml.m5.xlarge",
        volume_size_in_gb=30,
        entrypoint=["/bin/sh", "-ec", UNPACK, "sh"],
        max_runtime_in_seconds=3600,
        volume_kms_key=KEY,
        output_kms_key=KEY,
        env={"SM_OUTPUT_DIR": "/opt/ml/output", "PYTHONUNBUFFERED": "1"},
        network_config=NetworkConfig(
            enable_network_isolation=True,
            encrypt_inter_container_traffic=True,
            subnets=SUBNETS,
            security_group_ids=GROUPS,
        ),
        sagemaker_session=SESSION,
    )
    called = processor.run(inputs=inputs, outputs=outputs, arguments=arguments)
    return ProcessingStep(name=name, step_args=called, cache_config=CACHE, retry_policies=RETRY, **step)


def trainer(name: str, hyperparameters: dict[str, Any], spot: bool) -> ModelTrainer:
    """One candidate's training job."""
    waiting = {"max_wait_time_in_seconds": 7200} if spot else {}
    folder = Join(on="/", values=[f"s3://ashlar-artifacts/checkpoints/reviews/{name}", EXECUTION])
    checkpoints = {"checkpoint_config": CheckpointConfig(s3_uri=folder)} if spot else {}
    return ModelTrainer(
        sagemaker_session=SESSION,
        role=role("training"),
        training_image=f"{REGISTRY}/sklearn:1",
        base_job_name="reviews",
        compute=Compute(
            instance_type="ml.m5.xlarge",
            instance_count=1,
            volume_size_in_gb=30,
            volume_kms_key_id=KEY,
            **({"enable_managed_spot_training": True} if spot else {}),
        ),
        networking=Networking(
            subnets=SUBNETS,
            security_group_ids=GROUPS,
            enable_network_isolation=True,
            enable_inter_container_traffic_encryption=True,
        ),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=3600, **waiting),
        output_data_config=OutputDataConfig(
            s3_output_path=f"s3://ashlar-artifacts/models/reviews/{name}", kms_key_id=KEY
        ),
        hyperparameters={
            **hyperparameters,
            "sagemaker_program": "train_linear.py",
            "sagemaker_submit_directory": "/opt/ml/input/data/code/code.tar.gz",
            "sagemaker_region": REGION,
        },
        **checkpoints,
    ).with_metric_definitions(
        [
            MetricDefinition(name=f"validation:{each}", regex=rf"validation:{each}=([0-9.]+)")
            for each in ("macro_f1", "accuracy")
        ]
    )


def pipeline() -> Pipeline:
    """Start -> Process -> Champion -> Train, Tune -> Scan -> Evaluate -> gates -> Register, Model, Transform."""
    manifest = ParameterString(name="InputManifest", default_value="latest")
    rounds = ParameterInteger(name="rounds", default_value=200)
    function = Lambda(function_arn=FUNCTION, session=SESSION)
    start = LambdaStep(
        name="Start",
        lambda_func=function,
        inputs={
            "question": "start",
            "pipeline": ExecutionVariables.PIPELINE_NAME,
            "execution": ExecutionVariables.PIPELINE_EXECUTION_ARN,
            "alone": True,
            "manifest": manifest,
            "bucket": "ashlar-raw",
            "prefix": "raw/reviews/",
        },
        outputs=[LambdaOutput(output_name="manifest")],
    )
    processed = "s3://ashlar-data/processed/reviews"
    process = processing(
        "Process",
        "processing",
        "sklearn",
        [
            *("preprocess.py", "--input-dir", "/opt/ml/processing/input/raw"),
            *("--output-dir", "/opt/ml/processing/output"),
        ],
        [
            given("code", "s3://cdk-assets/code.tar.gz"),
            given(
                "raw", Join(on="/", values=["s3://ashlar-raw", start.properties.Outputs["manifest"]]), "ManifestFile"
            ),
        ],
        [written(name, processed, EXECUTION, name) for name in ("train", "validation", "test", "report")],
    )
    split = process.properties.ProcessingOutputConfig.Outputs
    champion = LambdaStep(
        name="Champion",
        lambda_func=function,
        inputs={
            "question": "champion",
            "endpoints": ["ashlar-dev-reviews"],
            "groups": {name: f"ashlar-dev-reviews-{name}" for name in NAMES},
            "incremental": [],
            "needed": [],
            "nothing": split["report"].S3Output.S3Uri,
        },
        outputs=[LambdaOutput(output_name="artifact"), LambdaOutput(output_name="package")],
    )
    channels = [
        InputData(channel_name=name, data_source=split[name].S3Output.S3Uri) for name in ("train", "validation")
    ]
    channels.append(InputData(channel_name="code", data_source="s3://cdk-assets/code.tar.gz"))
    train = TrainingStep(
        name="Train-script",
        step_args=trainer("script", {"num_round": rounds, "c": 0.5}, spot=True).train(input_data_config=channels),
        cache_config=CACHE,
        retry_policies=RETRY,
    )
    tuner = HyperparameterTuner(
        model_trainer=trainer("searched", {"seed": 7}, spot=False),
        objective_metric_name="validation:macro_f1",
        metric_definitions=[
            {"Name": f"validation:{each}", "Regex": rf"validation:{each}=([0-9.]+)"}
            for each in ("macro_f1", "accuracy")
        ],
        hyperparameter_ranges={
            "max_depth": IntegerParameter(3, 9),
            "eta": ContinuousParameter(0.01, 0.5, scaling_type="Logarithmic"),
            "booster": CategoricalParameter(["gbtree", "dart"]),
        },
        strategy="Random",
        objective_type="Maximize",
        max_jobs=12,
        max_parallel_jobs=2,
        early_stopping_type="Auto",
    )
    tune = TuningStep(
        name="Tune-searched", step_args=tuner.tune(inputs=channels), cache_config=CACHE, retry_policies=RETRY
    )
    best = Join(
        on="/",
        values=[
            "s3://ashlar-artifacts/models/reviews/searched",
            tune.properties.BestTrainingJob.TrainingJobName,
            "output/model.tar.gz",
        ],
    )
    artifacts = {"script": train.properties.ModelArtifacts.S3ModelArtifacts, "searched": best}
    models = [given(f"models/{name}", artifact) for name, artifact in artifacts.items()]
    scan = processing(
        "Scan",
        "scan",
        "xgboost",
        [
            *("scan.py", "--models-dir", "/opt/ml/processing/input/models"),
            *("--output-dir", "/opt/ml/processing/output/scan", "--max-artifact-mb", "500"),
            *("--with-manifest", "script,searched"),
        ],
        [given("code", "s3://cdk-assets/scan.tar.gz"), *models],
        [written("scan", "s3://ashlar-artifacts/scans/reviews", EXECUTION)],
    )
    report = PropertyFile(name="evaluation", output_name="evaluation", path="evaluation.json")
    evaluate = processing(
        "Evaluate",
        "evaluation",
        "xgboost",
        [
            *("evaluate.py", "--test-dir", "/opt/ml/processing/input/test"),
            *("--models-dir", "/opt/ml/processing/input/models"),
            *("--champion-dir", "/opt/ml/processing/input/champion"),
            *("--output-dir", "/opt/ml/processing/output/evaluation"),
            *("--metric", "macro_f1", "--at-least", "0.6", "--not-below-champion-by", "0.005"),
        ],
        [
            given("code", "s3://cdk-assets/code.tar.gz"),
            given("test", split["test"].S3Output.S3Uri),
            given("champion", champion.properties.Outputs["artifact"]),
            *models,
        ],
        [written("evaluation", "s3://ashlar-artifacts/evaluations/reviews", EXECUTION)],
        property_files=[report],
        depends_on=["Scan"],
    )

    def measured(path: str) -> JsonGet:
        return JsonGet(step_name="Evaluate", property_file=report, json_path=path)

    def passed(name: str) -> list[Any]:
        return [
            ConditionGreaterThanOrEqualTo(left=measured(f"{name}.macro_f1"), right=0.6),
            ConditionLessThanOrEqualTo(left=measured(f"{name}.behind_champion.macro_f1"), right=0.005),
        ]

    def failed(name: str) -> ConditionOr:
        low = ConditionLessThan(left=measured(f"{name}.macro_f1"), right=0.6)
        behind = ConditionGreaterThan(left=measured(f"{name}.behind_champion.macro_f1"), right=0.005)
        return ConditionOr(conditions=[low, behind])

    message = Join(
        on="",
        values=[
            "No candidate of reviews reached macro_f1 >= 0.6 on the test split and came within 0.005 of the champion: ",
            champion.properties.Outputs["package"],
            ". Compare them in report.html of the evaluation.",
        ],
    )
    gates = [
        ConditionStep(
            name="Gate",
            conditions=[failed(name) for name in NAMES],
            if_steps=[FailStep(name="NoCandidatePassed", error_message=message)],
        )
    ]
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    for name in NAMES:
        builder = ModelBuilder(
            s3_model_data_url=artifacts[name],
            image_uri=f"{REGISTRY}/sklearn:1",
            role_arn=role("transform"),
            env_vars=environment,
            sagemaker_session=SESSION,
        )
        registered = builder.register(
            model_package_group_name=f"ashlar-dev-reviews-{name}",
            content_types=["application/json"],
            response_types=["application/json"],
            approval_status="PendingManualApproval",
            customer_metadata_properties={"candidate": name, "pipeline-execution": EXECUTION},
        )
        register = ModelStep(name=f"Register-{name}", step_args=registered, retry_policies=[THROTTLED])
        gates.append(ConditionStep(name=f"Gate-{name}", conditions=passed(name), if_steps=[register]))
    made = ModelBuilder(
        s3_model_data_url=artifacts["script"],
        image_uri=f"{REGISTRY}/sklearn:1",
        role_arn=role("transform"),
        env_vars=environment,
        network=Networking(subnets=SUBNETS, security_group_ids=GROUPS, enable_network_isolation=True),
        sagemaker_session=SESSION,
    )
    model = ModelStep(name="Model-script", step_args=made.build(), retry_policies=[THROTTLED])
    transformer = Transformer(
        model_name=model.properties.ModelName,
        instance_count=1,
        instance_type="ml.m5.large",
        strategy="MultiRecord",
        assemble_with="Line",
        output_path=Join(on="/", values=["s3://ashlar-data/predictions/reviews", EXECUTION]),
        output_kms_key=KEY,
        volume_kms_key=KEY,
        accept="application/jsonlines",
        max_concurrent_transforms=4,
        max_payload=6,
        sagemaker_session=SESSION,
    )
    transform = TransformStep(
        name="Transform-script",
        step_args=transformer.transform(
            data="s3://ashlar-raw/raw/reviews/transform/",
            data_type="S3Prefix",
            content_type="application/jsonlines",
            compression_type="None",
            split_type="Line",
            input_filter="$",
            output_filter="$",
            join_source="None",
        ),
        cache_config=CACHE,
        retry_policies=RETRY,
    )
    gates.append(ConditionStep(name="Predict-script", conditions=passed("script"), if_steps=[model, transform]))
    return Pipeline(
        name="reviews",
        parameters=[manifest, rounds],
        steps=[start, process, champion, train, tune, scan, evaluate, *gates],
        sagemaker_session=SESSION,
        pipeline_experiment_config=None,
    )


if __name__ == "__main__":
    json.dump(json.loads(pipeline().definition()), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")

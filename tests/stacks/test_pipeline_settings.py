"""Each setting of a model does something: what is written in the YAML stands in the pipeline's definition."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.pipeline_definition import pipeline_definition, plan
from stacks.pipeline_definition.policies import job
from tests.stacks.planned import KEY, LEAST, SCRIPT, Json, arguments, definition, holds, of_candidate, step

TUNING: Json = {
    "objective": {"metric": "validation:macro_f1", "goal": "maximize"},
    "ranges": {"max_depth": {"type": "integer", "min": 3, "max": 9}},
    "max_jobs": 12,
    "parallel_jobs": 2,
}
OF_A_JOB = ("entry_point", "image", "instance_type", "volume_gb", "max_runtime_minutes")
JOBS = {"Processing", "Training", "Tuning", "Transform"}


def train(**settings: Any) -> Json:
    return arguments(of_candidate(**settings), "Train-linear")


def tune(**settings: Any) -> Json:
    return arguments(of_candidate(tuning={**TUNING, **settings}), "Tune-linear")


def channel(**settings: Any) -> Json:
    found: Json = train(channels={"train": settings})["InputDataConfig"][0]
    return found


def transform(**settings: Any) -> Json:
    return arguments(definition(transform=settings), "Transform-linear")


def flags(found: Json, name: str) -> list[Any]:
    its: list[Any] = arguments(found, name)["AppSpecification"]["ContainerArguments"]
    return its


@holds("parameters.type", "parameters.default")
@pytest.mark.parametrize(
    ("type", "default", "name"),
    [("string", "a", "String"), ("integer", 3, "Integer"), ("float", 0.5, "Float"), ("boolean", True, "Boolean")],
)
def should_declare_each_type_of_parameter_with_its_default(type: str, default: object, name: str) -> None:
    found = definition(parameters={"rounds": {"type": type, "default": default}})
    assert found["Parameters"][1:] == [{"Name": "rounds", "Type": name, "DefaultValue": default}]


@holds("parameters", "candidates.hyperparameters", "processing.arguments")
def should_put_a_parameter_where_a_setting_names_it_as_text() -> None:
    parameters = {"rounds": {"type": "integer", "default": 3}, "loss": {"type": "string", "default": "log"}}
    found = definition(
        parameters=parameters,
        candidates={"linear": {**SCRIPT, "hyperparameters": {"num_round": "{rounds}", "loss": "{loss}", "seed": 7}}},
        processing={**LEAST["processing"], "arguments": {"seed": "{rounds}", "balance": "weight"}},
    )
    rounds = {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.rounds"}]}}
    given = arguments(found, "Train-linear")["HyperParameters"]
    assert (given["num_round"], given["loss"], given["seed"]) == (rounds, {"Get": "Parameters.loss"}, "7")
    assert flags(found, "Process")[:5] == ["preprocess.py", "--seed", rounds, "--balance", "weight"]


@holds("cache", "cache.enabled", "cache.days")
def should_take_results_of_jobs_only_where_and_as_long_as_the_cache_says() -> None:
    found = definition(cache={"days": 3}, transform={})
    steps = [*found["Steps"], step(found, "Transform-linear")]
    cached = {each["Name"]: each["CacheConfig"] for each in steps if "CacheConfig" in each}
    assert cached.keys() == {each["Name"] for each in steps if each["Type"] in JOBS}
    assert {str(config) for config in cached.values()} == {str({"Enabled": True, "ExpireAfter": "P3D"})}
    for without in ({}, {"cache": {"enabled": False}}):
        assert "CacheConfig" not in str(definition(**without))


@holds("one_at_a_time")
def should_ask_before_the_first_job_whether_another_execution_runs() -> None:
    found = definition(one_at_a_time=True)
    first = found["Steps"][0]
    assert (first["Type"], first["Arguments"]["alone"]) == ("Lambda", True)
    assert first["Arguments"]["execution"] == {"Get": "Execution.PipelineExecutionArn"}
    assert "Steps.Start.OutputParameters['manifest']" in str(arguments(found, "Process")["ProcessingInputs"])
    assert definition()["Steps"][0]["Name"] == "Process"


@holds("schedule")
def should_find_the_newest_batch_where_nobody_names_one() -> None:
    found = definition(schedule={"cron": "0 3 ? * SUN *"})
    assert found["Parameters"][0] == {"Name": "InputManifest", "Type": "String", "DefaultValue": "latest"}
    asked = found["Steps"][0]["Arguments"]
    assert (asked["alone"], asked["bucket"], asked["prefix"]) == (False, "ashlar-raw", "raw/reviews/")
    assert definition()["Parameters"][0] == {"Name": "InputManifest", "Type": "String"}


@holds(
    *(f"processing.{name}" for name in ("entry_point", "image", "instance_type", "volume_gb", "max_runtime_minutes"))
)
@holds(
    *(f"evaluation.{name}" for name in ("entry_point", "image", "instance_type", "volume_gb", "max_runtime_minutes"))
)
@pytest.mark.parametrize(("setting", "name"), [("processing", "Process"), ("evaluation", "Evaluate")])
def should_run_script_image_and_machine_of_a_processing_job(setting: str, name: str) -> None:
    its = {"instance_type": "ml.c5.2xlarge", "volume_gb": 77, "max_runtime_minutes": 33}
    found = definition(**{setting: {"entry_point": "own.py", "image": "xgboost", **its}})
    job = arguments(found, name)
    assert flags(found, name)[0] == "own.py"
    assert job["AppSpecification"]["ImageUri"].endswith("/xgboost:1")
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 33 * 60}
    cluster = {"InstanceCount": 1, "InstanceType": "ml.c5.2xlarge", "VolumeSizeInGB": 77, "VolumeKmsKeyId": KEY}
    assert job["ProcessingResources"]["ClusterConfig"] == cluster


@holds("candidates.entry_point", "candidates.image")
def should_train_by_a_script_whose_code_is_a_channel() -> None:
    job = train(hyperparameters={"solver": "saga", "c": 0.5})
    assert job["AlgorithmSpecification"]["TrainingImage"].endswith("/sklearn:1")
    assert job["HyperParameters"] == {
        "solver": '"saga"',
        "c": "0.5",
        "sagemaker_program": '"train_linear.py"',
        "sagemaker_submit_directory": '"/opt/ml/input/data/code/code.tar.gz"',
        "sagemaker_region": '"eu-west-1"',
    }
    code = job["InputDataConfig"][-1]
    assert (code["ChannelName"], code["InputMode"]) == ("code", "File")
    assert code["DataSource"]["S3DataSource"]["S3Uri"] == "s3://cdk-assets/code.tar.gz"


@holds("candidates.algorithm")
def should_train_by_a_built_in_algorithm_with_its_own_metrics_and_plain_values() -> None:
    settings = {"algorithm": "kmeans", "hyperparameters": {"k": 3, "mini": True, "init": "kmeans++"}}
    found = definition(candidates={"linear": {**settings, "channels": {"train": {"from": "train"}}}}, transform={})
    job = arguments(found, "Train-linear")
    assert job["AlgorithmSpecification"] == {
        "TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1",
        "TrainingInputMode": "File",
    }
    assert job["HyperParameters"] == {"k": "3", "mini": "true", "init": "kmeans++"}
    assert [each["ChannelName"] for each in job["InputDataConfig"]] == ["train"]
    # It serves itself: no script inside the archive, no manifest, and lines are CSV.
    assert "Environment" not in arguments(found, "Model-linear")["PrimaryContainer"]
    (container,) = arguments(found, "Register-linear")["InferenceSpecification"]["Containers"]
    assert "Environment" not in container
    assert flags(found, "Scan")[-2:] == ["--with-manifest", "none"]
    assert arguments(found, "Transform-linear")["TransformInput"]["ContentType"] == "text/csv"


@holds("candidates.own_image")
def should_train_by_the_users_own_image() -> None:
    image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/ours@sha256:" + "0123456789abcdef" * 4
    found = definition(candidates={"linear": {"own_image": image, "hyperparameters": {"epochs": 3}}})
    job = arguments(found, "Train-linear")
    assert (job["AlgorithmSpecification"]["TrainingImage"], job["HyperParameters"]) == (image, {"epochs": "3"})
    assert arguments(found, "Register-linear")["InferenceSpecification"]["Containers"][0]["Image"] == image


@holds(*(f"candidates.{name}" for name in ("instance_type", "instances", "volume_gb", "max_runtime_minutes")))
def should_train_on_the_machines_and_as_long_as_the_settings_say() -> None:
    job = train(instance_type="ml.c5.4xlarge", instances=3, volume_gb=99, max_runtime_minutes=45)
    resources = {"InstanceCount": 3, "InstanceType": "ml.c5.4xlarge", "VolumeSizeInGB": 99, "VolumeKmsKeyId": KEY}
    assert job["ResourceConfig"] == resources
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 2700}
    assert job["EnableInterContainerTrafficEncryption"] is True


def should_give_no_volume_key_to_machines_with_drives_of_their_own() -> None:
    for name in ("Train-linear", "Process"):
        machine = {"instance_type": "ml.g5.xlarge"}
        found = definition(candidates={"linear": {**SCRIPT, **machine}}, processing={**LEAST["processing"], **machine})
        assert "VolumeKmsKeyId" not in str(arguments(found, name))
    assert "VolumeKmsKeyId" not in transform(instance_type="ml.g5.xlarge")["TransformResources"]


@holds("candidates.spot", "candidates.spot.max_wait_minutes")
def should_train_on_spot_machines_and_wait_as_long_as_the_settings_say() -> None:
    job = train(spot={"max_wait_minutes": 120}, max_runtime_minutes=60)
    assert job["EnableManagedSpotTraining"] is True
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}
    assert "EnableManagedSpotTraining" not in train()


@holds("candidates.checkpoints")
def should_keep_checkpoints_of_each_execution_apart() -> None:
    kept = train(checkpoints=True)["CheckpointConfig"]
    folder = "s3://ashlar-artifacts/checkpoints/reviews/linear"
    assert kept["S3Uri"] == {"Std:Join": {"On": "/", "Values": [folder, {"Get": "Execution.PipelineExecutionId"}]}}
    assert kept["LocalPath"] == "/opt/ml/checkpoints"
    assert "CheckpointConfig" not in train()


@holds("candidates.metrics")
def should_read_the_metrics_of_the_settings_from_the_log() -> None:
    found = train(metrics={"loss": "loss=([0-9.]+)"})["AlgorithmSpecification"]["MetricDefinitions"]
    assert found == [{"Name": "loss", "Regex": "loss=([0-9.]+)"}]


@holds("candidates.input_mode")
@pytest.mark.parametrize("mode", ["File", "FastFile", "Pipe"])
def should_read_channels_in_the_candidates_mode_and_code_as_files(mode: str) -> None:
    job = train(input_mode=mode)
    assert job["AlgorithmSpecification"]["TrainingInputMode"] == mode
    modes = {each["ChannelName"]: each.get("InputMode") for each in job["InputDataConfig"]}
    assert modes == {"train": None, "validation": None, "code": "File"}


@holds("candidates.channels", "candidates.channels.from")
def should_read_outputs_of_processing_and_prefixes_of_buckets() -> None:
    processed = channel(**{"from": "train"})["DataSource"]["S3DataSource"]["S3Uri"]
    assert processed == {"Get": "Steps.Process.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"}
    assert channel(**{"from": "s3://ours/glove/"})["DataSource"]["S3DataSource"]["S3Uri"] == "s3://ours/glove/"


@holds(*(f"candidates.channels.{name}" for name in ("content_type", "compression", "input_mode")))
@holds(*(f"candidates.channels.{name}" for name in ("distribution", "shuffle_seed")))
def should_say_of_a_channel_what_its_settings_say() -> None:
    settings = {"content_type": "text/csv", "compression": "Gzip", "input_mode": "Pipe"}
    found = channel(**{"from": "train"}, **settings, distribution="ShardedByS3Key", shuffle_seed=0)
    assert (found["ContentType"], found["CompressionType"], found["InputMode"]) == ("text/csv", "Gzip", "Pipe")
    assert found["DataSource"]["S3DataSource"]["S3DataDistributionType"] == "ShardedByS3Key"
    assert found["ShuffleConfig"] == {"Seed": 0}
    plain = channel(**{"from": "train"})
    assert not {"ContentType", "InputMode", "ShuffleConfig"} & set(plain)


@holds(*(f"candidates.channels.file_system.{name}" for name in ("id", "type", "path", "access")))
def should_mount_a_file_system() -> None:
    system = {"id": "fs-0a1b2c3d", "type": "FSxLustre", "path": "/fsx/reviews", "access": "rw"}
    found = channel(file_system=system)
    expected = {
        "FileSystemId": "fs-0a1b2c3d",
        "FileSystemType": "FSxLustre",
        "DirectoryPath": "/fsx/reviews",
        "FileSystemAccessMode": "rw",
    }
    assert found == {"ChannelName": "train", "DataSource": {"FileSystemDataSource": expected}}


@holds("candidates.incremental")
def should_start_from_what_serves_of_this_candidate() -> None:
    found = definition(candidates={"linear": {**SCRIPT, "incremental": True}, "other": SCRIPT})
    champion = step(found, "Champion")
    assert champion["Arguments"]["incremental"] == ["linear"]
    assert [output["OutputName"] for output in champion["OutputParameters"]] == [
        "artifact",
        "package",
        "artifact_linear",
    ]
    model = arguments(found, "Train-linear")["InputDataConfig"][-1]
    source = model["DataSource"]["S3DataSource"]["S3Uri"]
    assert (model["ChannelName"], source) == ("model", {"Get": "Steps.Champion.OutputParameters['artifact_linear']"})
    assert "model" not in [each["ChannelName"] for each in arguments(found, "Train-other")["InputDataConfig"]]


def should_give_a_built_in_algorithm_its_model_by_content_type_and_never_without_one() -> None:
    its = {"algorithm": "image-classification", "incremental": True, "channels": {"train": {"from": "train"}}}
    found = definition(candidates={"linear": its})
    assert arguments(found, "Train-linear")["InputDataConfig"][-1]["ContentType"] == "application/x-sagemaker-model"
    assert arguments(found, "Champion")["needed"] == ["linear"]


@holds("candidates.warm_pool_minutes")
def should_keep_machines_for_the_next_job() -> None:
    assert train(warm_pool_minutes=10)["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600
    assert "KeepAlivePeriodInSeconds" not in train()["ResourceConfig"]


@holds("candidates.debugger.collections", "candidates.debugger.parameters")
@holds("candidates.profiler.interval_ms", "candidates.profiler.parameters")
def should_pass_debugger_and_profiler_through() -> None:
    debugger = {"collections": {"losses": {"save_interval": "50"}}, "parameters": {"save_all": "true"}}
    profiler = {"interval_ms": 1000, "parameters": {"LocalPath": "/opt/ml/output/profiler/"}}
    job = train(debugger=debugger, profiler=profiler, closed_features="accepted")
    folder = "s3://ashlar-artifacts/debug/reviews/linear"
    collections = [{"CollectionName": "losses", "CollectionParameters": {"save_interval": "50"}}]
    assert job["DebugHookConfig"] == {
        "S3OutputPath": folder,
        "HookParameters": {"save_all": "true"},
        "CollectionConfigurations": collections,
    }
    assert job["ProfilerConfig"] == {
        "S3OutputPath": folder,
        "ProfilingIntervalInMilliseconds": 1000,
        "ProfilingParameters": {"LocalPath": "/opt/ml/output/profiler/"},
    }
    assert not {"DebugHookConfig", "ProfilerConfig"} & set(train())


@holds(*(f"candidates.tuning.{name}" for name in ("strategy", "max_jobs", "parallel_jobs", "early_stopping")))
@holds("candidates.tuning.objective.metric", "candidates.tuning.objective.goal")
@pytest.mark.parametrize("strategy", ["Bayesian", "Random", "Grid", "Hyperband"])
def should_search_with_strategy_objective_limits_and_early_stopping(strategy: str) -> None:
    objective = {"metric": "validation:loss", "goal": "minimize"}
    found = tune(strategy=strategy, objective=objective, max_jobs=9, parallel_jobs=3, early_stopping=True)
    config = found["HyperParameterTuningJobConfig"]
    assert config["Strategy"] == strategy
    assert config["HyperParameterTuningJobObjective"] == {"Type": "Minimize", "MetricName": "validation:loss"}
    assert config["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 9, "MaxParallelTrainingJobs": 3}
    assert config["TrainingJobEarlyStoppingType"] == "Auto"
    assert tune()["HyperParameterTuningJobConfig"]["TrainingJobEarlyStoppingType"] == "Off"


@holds(*(f"candidates.tuning.ranges.{name}" for name in ("type", "min", "max", "scale", "values")))
def should_search_in_the_ranges_and_on_the_scales_of_the_settings() -> None:
    ranges = {
        "max_depth": {"type": "integer", "min": 3, "max": 9, "scale": "linear"},
        "eta": {"type": "continuous", "min": 0.00001, "max": 0.5, "scale": "logarithmic"},
        "momentum": {"type": "continuous", "min": 0.5, "max": 0.999, "scale": "reverse_logarithmic"},
        "gamma": {"type": "continuous", "min": 0, "max": 5},
        "booster": {"type": "categorical", "values": ["gbtree", "1"]},
    }
    assert tune(ranges=ranges)["HyperParameterTuningJobConfig"]["ParameterRanges"] == {
        "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "3", "MaxValue": "9", "ScalingType": "Linear"}],
        "ContinuousParameterRanges": [
            {"Name": "eta", "MinValue": "1e-05", "MaxValue": "0.5", "ScalingType": "Logarithmic"},
            {"Name": "momentum", "MinValue": "0.5", "MaxValue": "0.999", "ScalingType": "ReverseLogarithmic"},
            {"Name": "gamma", "MinValue": "0.0", "MaxValue": "5.0", "ScalingType": "Auto"},
        ],
        "CategoricalParameterRanges": [{"Name": "booster", "Values": ['"gbtree"', '"1"']}],
    }


@holds("candidates.tuning.warm_start.parents", "candidates.tuning.warm_start.kind")
def should_learn_from_earlier_tuning_jobs() -> None:
    found = tune(warm_start={"parents": ["reviews-1", "reviews-2"], "kind": "TransferLearning"})
    parents = [{"HyperParameterTuningJobName": name} for name in ("reviews-1", "reviews-2")]
    assert found["WarmStartConfig"] == {
        "ParentHyperParameterTuningJobs": parents,
        "WarmStartType": "TransferLearning",
    }
    assert "WarmStartConfig" not in tune()


@holds("candidates.tuning")
def should_search_with_jobs_as_a_training_job_would_be() -> None:
    """Isolation, encryption and keys with the rest: the SDK's tuning step leaves those out."""
    common = {"spot": {"max_wait_minutes": 120}, "checkpoints": True, "instances": 2, "hyperparameters": {"seed": 7}}
    job = train(**common)
    search = arguments(of_candidate(**common, tuning=TUNING), "Tune-linear")["TrainingJobDefinition"]
    assert search.pop("StaticHyperParameters") == job.pop("HyperParameters")
    assert search == job
    assert search["EnableNetworkIsolation"] and search["EnableInterContainerTrafficEncryption"]


def should_send_the_best_jobs_model_on_to_scan_evaluation_registration_and_transform() -> None:
    found = definition(candidates={"linear": {**SCRIPT, "tuning": TUNING}}, transform={})
    best = {"Get": "Steps.Tune-linear.BestTrainingJob.TrainingJobName"}
    values = ["s3://ashlar-artifacts/models/reviews/linear", best, "output/model.tar.gz"]
    artifact = {"Std:Join": {"On": "/", "Values": values}}
    for name in ("Scan", "Evaluate"):
        given = arguments(found, name)["ProcessingInputs"][-1]
        assert (given["InputName"], given["S3Input"]["S3Uri"]) == ("models-linear", artifact)
    registered = arguments(found, "Register-linear")["InferenceSpecification"]["Containers"][0]
    assert registered["ModelDataUrl"] == artifact
    assert arguments(found, "Model-linear")["PrimaryContainer"]["ModelDataUrl"] == artifact


@holds("gate.metric", "gate.at_least")
def should_register_who_reaches_the_gate_and_fail_where_nobody_does() -> None:
    found = definition(gate={"metric": "accuracy", "at_least": 0.7})
    (passed,) = arguments(found, "Gate-linear")["Conditions"]
    assert (passed["Type"], passed["RightValue"]) == ("GreaterThanOrEqualTo", 0.7)
    assert passed["LeftValue"]["Std:JsonGet"]["Path"] == "linear.accuracy"
    (failed,) = arguments(found, "Gate")["Conditions"]
    assert failed == {**passed, "Type": "LessThan"}
    assert "accuracy >= 0.7" in arguments(found, "NoCandidatePassed")["ErrorMessage"]
    assert flags(found, "Evaluate")[-4:] == ["--metric", "accuracy", "--at-least", "0.7"]


@holds("gate.not_below_champion_by")
def should_compare_with_the_champion_on_the_same_split() -> None:
    found = definition(gate={"at_least": 0.6, "not_below_champion_by": 0.005})
    champion = step(found, "Champion")
    assert champion["Arguments"]["endpoints"] == ["ashlar-dev-reviews"]
    assert champion["Arguments"]["groups"] == {"linear": "ashlar-dev-reviews-linear"}
    # What an input is when nothing serves: it must exist, and hold no archive.
    report = {"Get": "Steps.Process.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri"}
    assert champion["Arguments"]["nothing"] == report
    inputs = {each["InputName"]: each["S3Input"] for each in arguments(found, "Evaluate")["ProcessingInputs"]}
    assert inputs["champion"]["S3Uri"] == {"Get": "Steps.Champion.OutputParameters['artifact']"}
    given = flags(found, "Evaluate")
    assert inputs["champion"]["LocalPath"] == given[given.index("--champion-dir") + 1]
    assert given[-2:] == ["--not-below-champion-by", "0.005"]
    _, behind = arguments(found, "Gate-linear")["Conditions"]
    assert (behind["Type"], behind["RightValue"]) == ("LessThanOrEqualTo", 0.005)
    assert behind["LeftValue"]["Std:JsonGet"]["Path"] == "linear.behind_champion.macro_f1"
    (failed,) = arguments(found, "Gate")["Conditions"]
    assert failed["Type"] == "Or"
    assert [each["Type"] for each in failed["Conditions"]] == ["LessThan", "GreaterThan"]
    assert "Champion" not in str(definition())


@holds("scan.max_artifact_mb")
def should_scan_every_artifact_before_anything_runs_or_registers_it() -> None:
    found = definition(candidates={"linear": SCRIPT, "other": SCRIPT}, scan={"max_artifact_mb": 9})
    job = arguments(found, "Scan")
    given = flags(found, "Scan")
    assert given[given.index("--max-artifact-mb") + 1] == "9"
    assert given[-2:] == ["--with-manifest", "linear,other"]
    inputs = [each["InputName"] for each in job["ProcessingInputs"]]
    assert inputs == ["code", "models-linear", "models-other"]
    # The platform's own code, under a role of its own, and everything that runs a model waits for it.
    assert job["ProcessingInputs"][0]["S3Input"]["S3Uri"] == "s3://cdk-assets/scan.tar.gz"
    assert "/scan/" in job["RoleArn"]
    assert step(found, "Evaluate")["DependsOn"] == ["Scan"]
    for gate in ("Gate", "Gate-linear", "Gate-other"):
        assert "Steps.Evaluate." in str(arguments(found, gate)["Conditions"])


@holds("transform", *(f"transform.{name}" for name in ("input", "strategy", "max_payload_mb", "max_concurrent")))
@holds(*(f"transform.{name}" for name in ("join", "input_filter", "output_filter", "instance_type", "instances")))
def should_transform_what_the_settings_say() -> None:
    job = transform(
        input="transform/new/",
        instance_type="ml.c5.xlarge",
        instances=2,
        strategy="SingleRecord",
        join="Input",
        input_filter="$.text",
        output_filter="$[1:]",
        max_payload_mb=3,
        max_concurrent=7,
    )
    source = job["TransformInput"]["DataSource"]["S3DataSource"]
    assert source == {"S3DataType": "S3Prefix", "S3Uri": "s3://ashlar-raw/raw/reviews/transform/new/"}
    assert job["TransformResources"] == {"InstanceType": "ml.c5.xlarge", "InstanceCount": 2, "VolumeKmsKeyId": KEY}
    assert (job["BatchStrategy"], job["MaxPayloadInMB"], job["MaxConcurrentTransforms"]) == ("SingleRecord", 3, 7)
    filters = {"InputFilter": "$.text", "OutputFilter": "$[1:]", "JoinSource": "Input"}
    assert job["DataProcessing"] == filters
    assert job["TransformOutput"]["KmsKeyId"] == KEY
    assert "Transform" not in str(definition())


@holds("transform.split")
@pytest.mark.parametrize(
    ("split", "content", "answer", "assembled"),
    [
        ("Line", "application/jsonlines", "application/jsonlines", "Line"),
        ("None", "application/json", "application/json", "None"),
        ("RecordIO", "application/x-recordio-protobuf", "application/json", "None"),
        ("TFRecord", "application/x-tfrecord", "application/json", "None"),
    ],
)
def should_cut_files_where_a_record_ends(split: str, content: str, answer: str, assembled: str) -> None:
    job = transform(split=split)
    assert (job["TransformInput"]["SplitType"], job["TransformInput"]["ContentType"]) == (split, content)
    assert (job["TransformOutput"]["Accept"], job["TransformOutput"]["AssembleWith"]) == (answer, assembled)


def should_transform_with_the_first_that_passes_isolated_and_in_the_vpc() -> None:
    found = definition(candidates={"linear": SCRIPT, "other": SCRIPT}, transform={})
    first, second = (arguments(found, f"Predict-{name}")["Conditions"] for name in ("linear", "other"))
    assert [each["Type"] for each in first] == ["GreaterThanOrEqualTo"]
    assert [(each["Type"], each["LeftValue"]["Std:JsonGet"]["Path"]) for each in second] == [
        ("GreaterThanOrEqualTo", "other.macro_f1"),
        ("LessThan", "linear.macro_f1"),
    ]
    model = arguments(found, "Model-linear")
    assert model["EnableNetworkIsolation"] is True
    assert model["VpcConfig"]["SecurityGroupIds"] == ["sg-00000001"]
    assert arguments(found, "Transform-linear")["ModelName"] == {"Get": "Steps.Model-linear.ModelName"}


@holds("approval")
@pytest.mark.parametrize(("approval", "status"), [("manual", "PendingManualApproval"), ("automatic", "Approved")])
def should_register_with_the_status_of_the_settings(approval: str, status: str) -> None:
    assert arguments(definition(approval=approval), "Register-linear")["ModelApprovalStatus"] == status


def should_try_every_job_again_for_lack_of_machines_and_every_call_when_the_api_is_busy() -> None:
    found = definition(transform={}, candidates={"linear": SCRIPT, "other": {**SCRIPT, "tuning": TUNING}})
    seen = set()
    for name in ("Process", "Train-linear", "Tune-other", "Scan", "Evaluate", "Transform-linear"):
        policies = step(found, name)["RetryPolicies"]
        kinds = {kind for policy in policies for kind in policy["ExceptionType"]}
        assert {"Step.THROTTLING", "SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"} <= kinds
        seen.add(step(found, name)["Type"])
    assert seen == JOBS
    for name in ("Register-linear", "Model-linear"):
        assert "Step.THROTTLING" in str(step(found, name)["RetryPolicies"])
    # Not known to functions, conditions and failures, whose steps SageMaker refuses with one.
    others = [each for each in found["Steps"] if each["Type"] not in JOBS]
    assert others and not any("RetryPolicies" in each for each in others)


def should_refuse_to_ask_a_function_that_is_not_there() -> None:
    from dataclasses import replace

    from config.schema import Model
    from tests.stacks.planned import surroundings

    model = Model.model_validate({**LEAST, "one_at_a_time": True})
    planned = replace(plan("reviews", model, surroundings(model)), workflow=None)
    with pytest.raises(ValueError, match="no function for its step Start"):
        pipeline_definition(planned)


def should_leave_a_step_as_it_is_when_it_is_made_a_job() -> None:
    """A policy is added to a copy: two executions of a test see the same settings."""
    step_ = {"Name": "A"}
    job(step_, None)
    assert step_ == {"Name": "A"}

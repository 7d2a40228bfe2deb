"""Models' jobs: what trains them, from what, on which machines; their tuning, parameters and batch transform."""

from __future__ import annotations

from typing import Any

from config.examples import examples
from tests.config.cases.case import Case
from tests.config.cases.hosting import IMAGE

EXAMPLES = examples()
REVIEWS = "models.reviews"
LINEAR = f"{REVIEWS}.candidates.linear"


def shown(rule: str, path: str, value: Any, fix: str) -> Case:
    """The rule's own example, the one that `config explain` shows."""
    example = EXAMPLES[rule]
    return Case(rule, example.fails, path, value, fix, example.passes, example.environment)


DEBUGGER: dict[str, Any] = {"collections": {}, "parameters": {}}
SHOWN = [
    shown(
        "TRAINING-KIND",
        LINEAR,
        ["entry_point", "algorithm"],
        "give one of: `entry_point` with `image`, `algorithm`, or `own_image`.",
    ),
    shown("ALGORITHM-IMAGE", f"{LINEAR}.algorithm", "lightgbm", "name it by `own_image` instead."),
    shown(
        "ALGORITHM-EVALUATION",
        f"{LINEAR}.algorithm",
        "linear-learner",
        "`scores_algorithms: true` in models.reviews.evaluation.",
    ),
    shown("ALGORITHM-KNOWN", f"{LINEAR}.algorithm", "linear_learner", "did you mean `linear-learner`? use one of:"),
    shown(
        "ALGORITHM-NEEDS-GPU",
        f"{LINEAR}.instance_type",
        "ml.c4.2xlarge",
        "use a machine with GPUs, such as ml.g5.2xlarge.",
    ),
    shown(
        "ALGORITHM-NO-GPU",
        f"{LINEAR}.instance_type",
        "ml.p3.2xlarge",
        "use a machine without GPUs, such as ml.m5.2xlarge.",
    ),
    shown(
        "ALGORITHM-ONE-GPU", f"{LINEAR}.instance_type", "ml.p3.8xlarge", "use a machine with one GPU: ml.g5.2xlarge."
    ),
    shown(
        "ALGORITHM-INSTANCES", f"{LINEAR}.instances", 2, "write `instances: 1`, or `mode: batch_skipgram` on machines"
    ),
    shown("SCRIPT-INSTANCES", f"{LINEAR}.instances", 2, "write `instances: 1`, or share the work by SM_HOSTS in"),
    shown(
        "INCREMENTAL-ALGORITHM",
        f"{LINEAR}.incremental",
        True,
        "remove it: only image-classification, object-detection,",
    ),
    shown("WARM-POOL-SPOT", f"{LINEAR}.warm_pool_minutes", 10, "remove it, or `spot`."),
    shown("WARM-POOL-TUNING", f"{LINEAR}.warm_pool_minutes", 10, "remove it, or `tuning`."),
    shown("DEBUGGER-TUNING", f"{LINEAR}.debugger", DEBUGGER, "remove it, or `tuning`: the best hyperparameters"),
    shown(
        "CLOSED-FEATURE",
        f"{LINEAR}.profiler",
        {"interval_ms": 1000, "parameters": {}},
        "remove it, or write `closed_features: accepted` where the",
    ),
    shown("SPOT-WAIT", f"{LINEAR}.spot.max_wait_minutes", 30, "use 60 or more, or a smaller `max_runtime_minutes`."),
    shown(
        "SPOT-CHECKPOINTS",
        f"{LINEAR}.checkpoints",
        False,
        "write `checkpoints: true`, or `max_runtime_minutes: 60`, or",
    ),
    shown("SPOT-ALGORITHM", f"{LINEAR}.spot.max_wait_minutes", 120, "use at most 60, or remove `spot`."),
    shown(
        "CHECKPOINTS-ALGORITHM",
        f"{LINEAR}.checkpoints",
        True,
        "remove it: only image-classification, object-detection,",
    ),
    shown(
        "VOLUME-NVME",
        "models.reviews.candidates.xgboost.volume_gb",
        100,
        "remove it, or use a family without drives of its own",
    ),
    shown(
        "KMS-NVME",
        "models.reviews.candidates.xgboost.instance_type",
        "ml.g5.2xlarge",
        "use a family without drives of its own, such as m5 or p3,",
    ),
    shown("KMS-NVME-UNUSED", "models.reviews.candidates.xgboost.hardware_encryption", "accepted", "remove it."),
    shown(
        "IMAGE-PATCHED",
        "models.reviews.evaluation.image",
        "pytorch-inference",
        "its patches ended on 2026-06-30: use an image of your own",
    ),
    shown("IMAGE-GPU", f"{LINEAR}.instance_type", "ml.g5.xlarge", "use a machine without GPUs, such as ml.m5.2xlarge."),
    shown(
        "CHANNEL-SOURCE",
        f"{LINEAR}.channels.train.from",
        "https://s3.amazonaws.com/our-data/train",
        "write one of train, validation, test, report, or",
    ),
    shown("TEST-LEAK", f"{LINEAR}.channels.more.from", "test", "use `train` or `validation`."),
    shown(
        "CHANNEL-BUCKET",
        f"{LINEAR}.channels.train.from",
        "s3://our-data/train/",
        "add our-data to `network.s3_read_buckets`.",
    ),
    shown(
        "CHANNEL-REGION",
        f"{LINEAR}.channels.train.from",
        "s3://our-data-us-east-1/train/",
        "copy the data to a bucket in eu-west-1, and name that.",
    ),
    shown("CHANNEL-RESERVED", f"{LINEAR}.channels.code", "validation", "choose another name, or remove it."),
    shown(
        "SHARDED-ONE",
        f"{LINEAR}.channels.train.distribution",
        "ShardedByS3Key",
        "write `distribution: FullyReplicated`, or more `instances`.",
    ),
    shown("SHUFFLE-USED", f"{LINEAR}.channels.train.shuffle_seed", 7, "remove it, and shuffle in the script."),
    shown("COMPRESSION-PIPE", f"{LINEAR}.channels.train.compression", "Gzip", "remove it, and unpack in the script."),
    shown("PIPE-SCRIPT", f"{LINEAR}.input_mode", "Pipe", "use File or FastFile."),
    shown(
        "FILE-SYSTEM-VPC",
        f"{LINEAR}.channels.train.file_system.id",
        "fs-0a1b2c3d4e5f60718",
        "name the file system's VPC in `network.existing`, or copy",
    ),
    shown(
        "FILE-SYSTEM-MODE",
        f"{LINEAR}.channels.train.input_mode",
        "FastFile",
        "write `input_mode: File` in this channel.",
    ),
    shown("FILE-SYSTEM-S3", f"{LINEAR}.channels.train.compression", "None", "remove it."),
    shown("FILE-SYSTEM-WRITE", f"{LINEAR}.channels.train.file_system.access", "rw", "write `access: ro`."),
    shown(
        "FILE-SYSTEM-MOUNT",
        f"{LINEAR}.channels.train.file_system.path",
        "/",
        "write /<mount name>/<folder>, as `aws fsx",
    ),
    shown(
        "CHANNEL-REQUIRED", f"{LINEAR}.channels.validation", None, "add `channels: {validation: ...}`; it reads train,"
    ),
    shown(
        "CHANNEL-KNOWN",
        f"{LINEAR}.channels.validate",
        "validation",
        "did you mean `validation`? It reads train, validation, test.",
    ),
    shown("CHANNEL-IMAGES", f"{LINEAR}.channels.train_lst", None, "add the channel `train_lst`, or give RecordIO:"),
    shown(
        "CHANNEL-IMAGES",
        f"{LINEAR}.channels.validation_lst",
        None,
        "add the channel `validation_lst`, or give RecordIO:",
    ),
    shown(
        "CONTENT-NEEDED",
        f"{LINEAR}.channels.train.content_type",
        None,
        "write one of: csv, libsvm, parquet, recordio-protobuf,",
    ),
    shown(
        "CONTENT-TYPE",
        f"{LINEAR}.channels.train.content_type",
        "text/csv",
        "use one of: application/x-recordio-protobuf.",
    ),
    shown(
        "LABEL-POSITION",
        f"{LINEAR}.channels.train.content_type",
        "text/csv",
        "write text/csv;label_size=0: no column is a label.",
    ),
    shown("INPUT-MODE", f"{LINEAR}.input_mode", "FastFile", "use File or Pipe."),
    shown(
        "PIPE-CONTENT",
        f"{LINEAR}.channels.train.content_type",
        "text/libsvm",
        "use one of: csv, parquet, recordio-protobuf, text/csv,",
    ),
    shown(
        "DISTRIBUTION-ALGORITHM",
        f"{LINEAR}.channels.train.distribution",
        "FullyReplicated",
        "write `distribution: ShardedByS3Key`.",
    ),
    shown(
        "HYPERPARAMETER-REQUIRED",
        f"{LINEAR}.hyperparameters.num_class",
        None,
        "add `num_class`: `objective` is one of multi:softmax, multi:softprob.",
    ),
    shown(
        "HYPERPARAMETER-KNOWN", f"{LINEAR}.hyperparameters.colsample_by_tree", 0.8, "did you mean `colsample_bytree`?"
    ),
    shown("HYPERPARAMETER-VALUE", f"{LINEAR}.hyperparameters.subsample", 80, "use at least 0 and at most 1."),
    shown(
        "HYPERPARAMETER-ORDER",
        f"{LINEAR}.hyperparameters.mini_batch_size",
        32,
        "use at most 20, which is `num_training_samples`.",
    ),
    shown(
        "ISOLATION-URI",
        f"{LINEAR}.hyperparameters.embeddings",
        "s3://our-data/glove.txt",
        "give the data as a channel, or the file in the model's folder.",
    ),
    shown(
        "ISOLATION-IMAGE",
        f"{LINEAR}.own_image",
        f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-rl-ray@sha256:{'0' * 64}",
        "use an image of another framework.",
    ),
    shown(
        "METRIC-REGEX", f"{LINEAR}.metrics.loss", "loss=[0-9.]+", "write a regular expression with one group, such as"
    ),
    shown(
        "METRIC-LAZY",
        f"{LINEAR}.metrics.f1",
        "F1=(.*?)",
        "write what follows the number, or a group such as `([0-9.]+)`.",
    ),
    shown("METRIC-BUILT-IN", f"{LINEAR}.metrics", ["auc"], "remove them."),
    shown(
        "OBJECTIVE-METRIC",
        f"{LINEAR}.tuning.objective.metric",
        "validation:loss",
        "did you mean `validation:macro_f1`? use one of:",
    ),
    shown("OBJECTIVE-GOAL", f"{LINEAR}.tuning.objective.goal", "maximize", "write `goal: minimize`."),
    shown(
        "OBJECTIVE-CHANNEL",
        f"{LINEAR}.tuning.objective.metric",
        "validation:auc",
        "add the channel `validation`, or use a metric of another.",
    ),
    shown("TUNING-PARALLEL", f"{LINEAR}.tuning.parallel_jobs", 5, "use at most 4."),
    shown("TUNING-LEARNS", f"{LINEAR}.tuning.parallel_jobs", 10, "use at most 4, or `strategy: Random`."),
    shown("TUNING-JOBS", f"{LINEAR}.tuning.max_jobs", 751, "use at most 750."),
    shown("TUNING-COMBINATIONS", f"{LINEAR}.tuning.max_jobs", 10, "use at most 3, or wider ranges."),
    shown("TUNING-FIXED", f"{LINEAR}.hyperparameters.c", 1, "remove it, or its range."),
    shown(
        "GRID-CATEGORICAL",
        f"{LINEAR}.tuning.ranges.c.type",
        "continuous",
        "write its points: `{type: categorical, values: [...]}`.",
    ),
    shown("GRID-JOBS", f"{LINEAR}.tuning.max_jobs", 2, "write 3."),
    shown("HYPERBAND-STOPPING", f"{LINEAR}.tuning.early_stopping", True, "remove it."),
    shown(
        "HYPERBAND-EPOCHS",
        f"{LINEAR}.hyperparameters",
        ["rounds"],
        "fix one of the hyperparameters epochs, numepochs, n-epochs,",
    ),
    shown("EARLY-STOPPING-ALGORITHM", f"{LINEAR}.tuning.early_stopping", True, "remove it."),
    shown(
        "WARM-START-DATA",
        f"{LINEAR}.tuning.warm_start.kind",
        "IdenticalDataAndAlgorithm",
        "write `kind: TransferLearning`, or `cache: {enabled: true}`",
    ),
    shown("RANGE-SHAPE", f"{LINEAR}.tuning.ranges.c", ["values"], "give min and max, and remove values."),
    shown("RANGE-ORDER", f"{LINEAR}.tuning.ranges.c.min", 1.0, "use less than 1, or fix `c` in `hyperparameters`."),
    shown("RANGE-INTEGER", f"{LINEAR}.tuning.ranges.depth.min", 0.5, "write a whole number, or `type: continuous`."),
    shown(
        "RANGE-LOGARITHMIC",
        f"{LINEAR}.tuning.ranges.c.min",
        0.0,
        "use a number above 0, such as 0.0001, or `scale: linear`.",
    ),
    shown(
        "RANGE-REVERSE",
        f"{LINEAR}.tuning.ranges.momentum.scale",
        "reverse_logarithmic",
        "use `logarithmic` or `linear`, or bounds in [0, 1).",
    ),
    shown(
        "RANGE-VALUES",
        f"{LINEAR}.tuning.ranges.penalty.values",
        1,
        "give 2 to 30, or fix `penalty` in `hyperparameters`.",
    ),
    shown(
        "RANGE-TUNABLE",
        f"{LINEAR}.tuning.ranges.rate_drop",
        "continuous",
        "search among: alpha, colsample_bylevel, colsample_bynode,",
    ),
    shown("RANGE-TYPE", f"{LINEAR}.tuning.ranges.max_depth.type", "continuous", "write `type: integer`."),
    shown("RANGE-ALLOWED", f"{LINEAR}.tuning.ranges.eta.max", 5.0, "use at least 0 and at most 1."),
    shown(
        "PARAMETER-KNOWN",
        "models.reviews.candidates.xgboost.hyperparameters.rounds",
        "{rounds}",
        "add it: `parameters: {rounds: {type: ..., default: ...}}`.",
    ),
    shown(
        "PARAMETER-WHOLE",
        "models.reviews.candidates.xgboost.hyperparameters.name",
        "run-{rounds}",
        'write "{rounds}" alone, and put the text together in the script.',
    ),
    shown(
        "PARAMETER-USED",
        "models.reviews.parameters.rounds",
        "rounds",
        'remove it, or write "{rounds}" where it belongs: a',
    ),
    shown(
        "PARAMETER-DEFAULT",
        "models.reviews.parameters.rounds.default",
        "200",
        "write a whole number, or another `type`.",
    ),
    shown(
        "EVALUATION-INPUTS",
        "models.reviews.candidates",
        9,
        "keep at most 8 candidates, or give others a model of their own.",
    ),
    shown("CACHE-KEPT", "models.reviews.cache.days", 30, "use at most 7, which is `data.processed_days`."),
    shown(
        "SCHEDULE-OFTEN", "models.reviews.schedule.cron", "*/5 * * * ? *", "write one minute, such as `0 3 ? * SUN *`."
    ),
    shown(
        "CHAMPION-SERVED",
        "models.reviews.candidates.other.incremental",
        True,
        "serve this candidate in a variant, or remove it.",
    ),
    shown(
        "TRANSFORM-PAYLOAD",
        "models.reviews.transform.max_concurrent",
        8,
        "use at most 5, or a smaller `max_payload_mb`.",
    ),
    shown(
        "TRANSFORM-BATCH",
        "models.reviews.transform.strategy",
        "MultiRecord",
        "write `strategy: SingleRecord`, or `split: Line`.",
    ),
    shown("TRANSFORM-BINARY", "models.reviews.transform.join", "Input", "remove it, or write `split: Line`."),
    shown(
        "TRANSFORM-PATH",
        "models.reviews.transform.output_filter",
        "$[0:2,246:]",
        "write it like $.text, $['id','SageMakerOutput'], $[0,3] or $[1:].",
    ),
    shown(
        "TRANSFORM-JOINED",
        "models.reviews.transform.output_filter",
        "$['id','SageMakerOutput']",
        "write `join: Input`, or `$`.",
    ),
]
TUNING = EXAMPLES["TUNING-LEARNS"].passes[f"{LINEAR}.tuning"]
TREES = EXAMPLES["METRIC-BUILT-IN"].passes[LINEAR]
LEARNER = EXAMPLES["ALGORITHM-KNOWN"].passes[LINEAR]
EFS = EXAMPLES["FILE-SYSTEM-VPC"].passes
CONTINUOUS = {"type": "continuous", "min": 0, "max": 1}


def many(count: int, value: Any) -> dict[str, Any]:
    """So many entries."""
    return {f"n{number}": value for number in range(count)}


COUNTS = [
    Case(rule, {**extra, path: too_many}, path, found, fix, {**extra, path: enough})
    for rule, path, too_many, found, fix, enough, extra in [
        (
            "CHANNEL-COUNT",
            f"{LINEAR}.channels",
            many(20, {"from": "train"}),
            21,
            "at most 20",
            many(19, {"from": "train"}),
            {},
        ),
        ("HYPERPARAMETER-COUNT", f"{LINEAR}.hyperparameters", many(98, 1), 101, "at most 97", many(97, 1), {}),
        (
            "HYPERPARAMETER-LENGTH",
            f"{LINEAR}.hyperparameters.words",
            "x" * 2499,
            "2501 characters",
            "a file",
            "x" * 2498,
            {},
        ),
        ("ARGUMENT-COUNT", f"{REVIEWS}.processing.arguments", many(48, 1), 101, "at most 47", many(47, 1), {}),
        (
            "ARGUMENT-LENGTH",
            f"{REVIEWS}.processing.arguments.words",
            "x" * 257,
            "257 characters",
            "a file",
            "x" * 256,
            {},
        ),
        (
            "TUNING-METRICS",
            f"{LINEAR}.metrics",
            many(21, "n=([0-9.]+)"),
            21,
            "at most 20",
            many(20, "n=([0-9.]+)"),
            {f"{LINEAR}.tuning": {**TUNING, "objective": {"metric": "n1", "goal": "maximize"}}},
        ),
        (
            "RANGE-COUNT",
            f"{LINEAR}.tuning.ranges",
            many(31, CONTINUOUS),
            31,
            "at most 30",
            many(30, CONTINUOUS),
            {f"{LINEAR}.tuning": {**TUNING}},
        ),
    ]
]


def tuned(**tuning: Any) -> dict[str, Any]:
    """The candidate with this tuning."""
    return {f"{LINEAR}.tuning": {**TUNING, **tuning}}


def trees(**settings: Any) -> dict[str, Any]:
    """A candidate of built-in XGBoost."""
    return {LINEAR: {**TREES, **settings}}


def rounds(default: int) -> dict[str, Any]:
    """A parameter with this default."""
    return {"rounds": {"type": "integer", "default": default}}


def parameter(kind: str, wrong: Any, right: Any) -> tuple[dict[str, Any], str, Any, str, dict[str, Any]]:
    """A parameter of this type, with a default of another type and with one of its own."""
    path = f"{REVIEWS}.parameters"
    used = {f"{LINEAR}.hyperparameters": {"p": "{p}"}}
    breach, twin = ({**used, path: {"p": {"type": kind, "default": its}}} for its in (wrong, right))
    return breach, f"{path}.p.default", wrong, "another `type`", twin


OTHER = {"variants": {"v": {"image": IMAGE, "instances": 1}}}
KEY = EXAMPLES["KMS-NVME"].fails["keys.data"]
FURTHER = [
    Case("TRAINING-KIND", {f"{LINEAR}.image": None}, LINEAR, ["entry_point"], "give one of", {}),
    Case("TRAINING-KIND", {LINEAR: {}}, LINEAR, [], "give one of", {}),
    Case(
        "IMAGE-DIGEST",
        {LINEAR: {"own_image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/ours:latest"}},
        f"{LINEAR}.own_image",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/ours:latest",
        "64 hex digits",
        EXAMPLES["ISOLATION-IMAGE"].passes,
    ),
    Case(
        "INSTANCE-TYPE",
        {f"{REVIEWS}.transform": {"instance_type": "ml.t3.medium"}},
        f"{REVIEWS}.transform.instance_type",
        "ml.t3.medium",
        "families for transform",
        {f"{REVIEWS}.transform": {}},
    ),
    Case(
        "SCHEDULE-CRON",
        {f"{REVIEWS}.schedule": {"cron": "0 3 * * *"}},
        f"{REVIEWS}.schedule.cron",
        "0 3 * * *",
        "six fields",
        {f"{REVIEWS}.schedule": {"cron": "0 3 * * ? *"}},
    ),
    Case(
        "SCHEDULE-ZONE",
        {f"{REVIEWS}.schedule": {"cron": "0 3 * * ? *", "timezone": "Londn"}},
        f"{REVIEWS}.schedule.timezone",
        "Londn",
        "Europe/London",
        {f"{REVIEWS}.schedule": {"cron": "0 3 * * ? *", "timezone": "Europe/London"}},
    ),
    Case(
        "LISTED-TWICE",
        tuned(warm_start={"parents": ["a", "a"], "kind": "TransferLearning"}),
        f"{LINEAR}.tuning.warm_start.parents.1",
        "a",
        "remove it",
        tuned(warm_start={"parents": ["a", "b"], "kind": "TransferLearning"}),
    ),
    Case(
        "LISTED-TWICE",
        tuned(ranges={"c": CONTINUOUS, "p": {"type": "categorical", "values": ["l1", "l1"]}}),
        f"{LINEAR}.tuning.ranges.p.values.1",
        "l1",
        "remove it",
        tuned(ranges={"c": CONTINUOUS, "p": {"type": "categorical", "values": ["l1", "l2"]}}),
    ),
    *(
        Case("PARAMETER-DEFAULT", *parameter(kind, wrong, right))
        for kind, wrong, right in [
            ("integer", 1.5, 1),
            ("integer", True, 1),
            ("float", "0.5", 1),
            ("boolean", 1, True),
            ("string", 1, "1"),
        ]
    ),
    *(
        Case(
            "TRANSFORM-PATH",
            {f"{REVIEWS}.transform": {"input_filter": path}},
            f"{REVIEWS}.transform.input_filter",
            path,
            "write it like",
            {f"{REVIEWS}.transform": {"input_filter": allowed}},
        )
        for path, allowed in [
            ("text", "$.text"),
            ("$..text", "$.a.text"),
            ("$[?(@.a)]", "$['a','b']"),
            ("$[0:1,3:4]", "$[0,3]"),
            ("$.['a.b']", "$.['a','b']"),
            ("$[1:2:3]", "$[-1:]"),
            ("$.a[", "$.a.*"),
        ]
    ),
    Case(
        "SHARDED-ONE",
        {f"{LINEAR}.channels": {"train": {"from": "train", "distribution": "ShardedByS3Key"}}},
        f"{LINEAR}.channels.train.distribution",
        "ShardedByS3Key",
        "FullyReplicated",
        # Random cut forests take their data in no other way.
        EXAMPLES["DISTRIBUTION-ALGORITHM"].passes,
    ),
    Case(
        "SPOT-CHECKPOINTS",
        trees(checkpoints=False, spot={"max_wait_minutes": 600}, max_runtime_minutes=61),
        f"{LINEAR}.checkpoints",
        False,
        "checkpoints: true",
        trees(checkpoints=False, spot={"max_wait_minutes": 600}, max_runtime_minutes=60),
    ),
    Case(
        "CHAMPION-SERVED",
        {f"{REVIEWS}.gate.not_below_champion_by": 0.01, "endpoints": {"other": OTHER}},
        f"{REVIEWS}.gate.not_below_champion_by",
        0.01,
        "serve the model",
        {f"{REVIEWS}.gate.not_below_champion_by": 0.01},
    ),
    Case(
        "EVALUATION-INPUTS",
        {**EXAMPLES["EVALUATION-INPUTS"].passes, f"{REVIEWS}.gate.not_below_champion_by": 0.01},
        f"{REVIEWS}.candidates",
        8,
        "at most 7",
        EXAMPLES["EVALUATION-INPUTS"].passes,
    ),
    Case(
        "WARM-START-DATA",
        EXAMPLES["WARM-START-DATA"].fails,
        f"{LINEAR}.tuning.warm_start.kind",
        "IdenticalDataAndAlgorithm",
        "TransferLearning",
        # Processing's result stays the same while it is cached.
        {**EXAMPLES["WARM-START-DATA"].fails, f"{REVIEWS}.cache": {}},
    ),
    Case(
        "LABEL-POSITION",
        {LINEAR: {**LEARNER, "channels": {"train": {"from": "train", "content_type": "text/csv;label_size=0"}}}},
        f"{LINEAR}.channels.train.content_type",
        "text/csv;label_size=0",
        "the first column is the label",
        {LINEAR: LEARNER},
    ),
    Case(
        "HYPERPARAMETER-VALUE",
        trees(hyperparameters={"num_round": "{rounds}"}) | {f"{REVIEWS}.parameters": rounds(0)},
        f"{LINEAR}.hyperparameters.num_round",
        0,
        "at least 1",
        trees(hyperparameters={"num_round": "{rounds}"}) | {f"{REVIEWS}.parameters": rounds(1)},
    ),
    Case(
        "HYPERPARAMETER-VALUE",
        trees(hyperparameters={"num_round": 1, "booster": "tree"}),
        f"{LINEAR}.hyperparameters.booster",
        "tree",
        "one of: gbtree, gblinear, dart",
        trees(hyperparameters={"num_round": 1, "booster": "dart"}),
    ),
    Case(
        "CHANNEL-RESERVED",
        {
            f"{LINEAR}.incremental": True,
            f"{LINEAR}.channels": {"train": {"from": "train"}, "model": {"from": "validation"}},
        },
        f"{LINEAR}.channels.model",
        "validation",
        "another name",
        {f"{LINEAR}.channels": {"train": {"from": "train"}, "model": {"from": "validation"}}},
    ),
    Case(
        "FILE-SYSTEM-VPC",
        EXAMPLES["FILE-SYSTEM-VPC"].fails,
        f"{LINEAR}.channels.train.file_system.id",
        "fs-0a1b2c3d4e5f60718",
        "network.existing",
        EFS,
    ),
    Case(
        "SUBNET-ROOM",
        {
            "network.cidr": "10.0.0.0/22",
            f"{REVIEWS}.transform": {"instances": 50},
            **tuned(max_jobs=100, parallel_jobs=100, strategy="Random"),
        },
        "network.cidr",
        "10.0.0.0/22",
        "a subnet needs",
        {"network.cidr": "10.0.0.0/22", f"{REVIEWS}.transform": {"instances": 50}, **tuned()},
    ),
    Case(
        "KMS-NVME",
        {f"{REVIEWS}.transform": {"instance_type": "ml.g5.xlarge"}, "keys.data": KEY},
        f"{REVIEWS}.transform.instance_type",
        "ml.g5.xlarge",
        "hardware_encryption: accepted",
        {f"{REVIEWS}.transform": {"instance_type": "ml.g5.xlarge"}},
    ),
    Case("CLOSED-FEATURE", {f"{LINEAR}.debugger": {}}, f"{LINEAR}.debugger", DEBUGGER, "closed_features: accepted", {}),
]
CASES = [*SHOWN, *COUNTS, *FURTHER]

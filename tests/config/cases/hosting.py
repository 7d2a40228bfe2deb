"""Endpoints: their modes, what their variants serve, how they scale and how they are updated."""

from __future__ import annotations

from typing import Any

from config.schema import Scaling
from tests.config.cases.case import Case

ENDPOINT = "endpoints.reviews"
VARIANTS = f"{ENDPOINT}.variants"
LINEAR = f"{VARIANTS}.linear"
SHADOW = f"{ENDPOINT}.shadow"
ROLLOUT = f"{ENDPOINT}.rollout"
SCALING = {"min": 1, "max": 2, "target": 1}
FULL = Scaling.model_validate(SCALING).model_dump()
DIGEST = "@sha256:" + "0123456789abcdef" * 4
REGISTRY = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
IMAGE = {"uri": f"{REGISTRY}/team/serving{DIGEST}"}
PACKAGES = "arn:aws:sagemaker:eu-west-1:111122223333:model-package"
PACKAGE = f"{PACKAGES}/ashlar-dev-reviews-linear/3"
SERVING = {"model": "reviews", "candidate": "linear"}
CHALLENGER = {"name": "challenger", "model": "reviews", "candidate": "xgboost", "sampling_percent": 20}


def linear(**settings: Any) -> dict[str, Any]:
    """A variant that serves the candidate `linear`."""
    return {**SERVING, "weight": 1, "scaling": SCALING, **settings}


def alone(**settings: Any) -> dict[str, Any]:
    """The endpoint with this one variant."""
    return {VARIANTS: {"linear": linear(**settings)}}


def source(**settings: Any) -> dict[str, Any]:
    """The endpoint with one variant of another source."""
    return {VARIANTS: {"linear": {"scaling": SCALING, **settings}}}


def serverless(**settings: Any) -> dict[str, Any]:
    """A serverless endpoint with this one variant."""
    variant = {**SERVING, "serverless": {}, **settings}
    return {ENDPOINT: {"mode": "serverless", "rollout": {"kind": "all_at_once"}, "variants": {"linear": variant}}}


def asynchronous(**scaling: Any) -> dict[str, Any]:
    """An asynchronous endpoint that scales on its backlog."""
    variant = linear(scaling={"min": 0, "max": 2, "target": 5, "metric": "backlog", **scaling})
    return {ENDPOINT: {"mode": "asynchronous", "asynchronous": {}, "variants": {"linear": variant}}}


def evening(**settings: Any) -> dict[str, Any]:
    """The variant with one schedule."""
    schedule = {"cron": "0 19 ? * MON-FRI *", "timezone": "Europe/London", "min": 1, "max": 1, **settings}
    return alone(scaling={**SCALING, "schedules": {"evening": schedule}})


EVENING = f"{LINEAR}.scaling.schedules.evening"
PIPELINE = [{"image": IMAGE}, SERVING]

SOURCES = [
    Case("SOURCE-ONE", source(), LINEAR, [], "`model` with `candidate`, `package`, `image`", alone()),
    Case("SOURCE-ONE", source(model="reviews"), LINEAR, ["model"], "give one of", alone()),
    Case("SOURCE-ONE", alone(package=PACKAGE), LINEAR, ["model", "package"], "give one of", source(package=PACKAGE)),
    Case(
        "SOURCE-ONE", alone(containers=PIPELINE), LINEAR, ["model"], "in `containers` only", source(containers=PIPELINE)
    ),
    Case(
        "SOURCE-ONE",
        source(containers=[{}, SERVING]),
        f"{LINEAR}.containers.0",
        [],
        "give one of",
        source(containers=[{"package": PACKAGE}, SERVING]),
    ),
    Case(
        "CANDIDATE-EXISTS",
        {f"{LINEAR}.candidate": "roberta"},
        f"{LINEAR}.candidate",
        "roberta",
        "linear, xgboost",
        {f"{LINEAR}.candidate": "xgboost"},
    ),
    Case(
        "CANDIDATE-EXISTS",
        {**alone(), SHADOW: {**CHALLENGER, "model": "views"}},
        f"{SHADOW}.model",
        "views",
        "reviews",
        {**alone(), SHADOW: CHALLENGER},
    ),
    Case(
        "PIPELINE-RELEASED",
        source(containers=[SERVING, {"image": IMAGE}, {**SERVING, "candidate": "xgboost"}]),
        f"{LINEAR}.containers.2.candidate",
        "xgboost",
        "`package` or `image`",
        source(containers=[SERVING, {"image": IMAGE}, {"package": PACKAGE}]),
    ),
    *(
        Case(
            "IMAGE-DIGEST", source(image={"uri": uri}), f"{LINEAR}.image.uri", uri, "64 hex digits", source(image=IMAGE)
        )
        for uri in [
            f"{REGISTRY}/team/serving",
            f"{REGISTRY}/team/serving:latest",
            f"{REGISTRY}/team/serving:1.0{DIGEST}",
            f"{REGISTRY}/team/serving{DIGEST[:-1]}",
        ]
    ),
    *(
        Case(
            "IMAGE-REGISTRY",
            source(image={"uri": f"{host}/team/serving{DIGEST}"}),
            f"{LINEAR}.image.uri",
            f"{host}/team/serving{DIGEST}",
            f"push it to {REGISTRY}",
            source(image={"uri": f"141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost{DIGEST}"}),
        )
        for host in [
            "public.ecr.aws",
            REGISTRY.replace("eu-west-1", "us-east-1"),
            REGISTRY.replace("111122223333", "999900001111"),
        ]
    ),
    *(
        Case(
            "PACKAGE-VERSION",
            source(package=arn),
            f"{LINEAR}.package",
            arn,
            "<group>/<version>",
            source(package=PACKAGE),
        )
        for arn in [f"{PACKAGES}/ashlar-dev-views-linear/1", PACKAGE[:-2], f"{PACKAGE}x"]
    ),
    Case(
        "ARN-PLACE",
        source(package=PACKAGE.replace("eu-west-1", "us-east-1")),
        f"{LINEAR}.package",
        PACKAGE.replace("eu-west-1", "us-east-1"),
        "region 'us-east-1' must be 'eu-west-1'",
        source(package=PACKAGE),
    ),
    *(
        Case(
            "RESERVED-VARIABLE",
            {f"{LINEAR}.environment": {name: "x"}},
            f"{LINEAR}.environment.{name}",
            name,
            "remove it",
            {f"{LINEAR}.environment": {"SAGEMAKER_MODEL_SERVER_WORKERS": "2"}},
        )
        for name in ["MODEL_PACKAGE", "SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY", "AWS_ACCESS_KEY_ID"]
    ),
    *(
        Case(
            "VARIABLE-FORM",
            {f"{LINEAR}.environment": {name: value}},
            f"{LINEAR}.environment.{name}",
            value,
            "1024 characters",
            {f"{LINEAR}.environment": {"A_1": "x" * 1024}},
        )
        for name, value in [("1A", "x"), ("A-B", "x"), ("A", "x" * 1025)]
    ),
]
MODES = [
    Case(
        "MODE-ASYNCHRONOUS",
        {f"{ENDPOINT}.asynchronous": {}},
        f"{ENDPOINT}.mode",
        "real_time",
        "mode: asynchronous",
        asynchronous(),
    ),
    Case(
        "MODE-ASYNCHRONOUS",
        {f"{ENDPOINT}.mode": "asynchronous"},
        f"{ENDPOINT}.asynchronous",
        None,
        "add `asynchronous: {}`",
        asynchronous(),
    ),
    Case("MODE-SERVERLESS", {f"{LINEAR}.serverless": {}}, f"{LINEAR}.serverless", "real_time", "mode: serverless"),
    Case("MODE-SERVERLESS", serverless(serverless=None), f"{LINEAR}.serverless", None, "add", serverless()),
    Case(
        "SERVERLESS-ONE",
        {**serverless(), f"{VARIANTS}.other": {**SERVING, "serverless": {}}},
        VARIANTS,
        ["linear", "other"],
        "an endpoint of its own",
        serverless(),
    ),
    *(
        Case("SERVERLESS-WITHOUT", {**serverless(), path: value}, path, value, fix, serverless())
        for path, value, fix in [
            (f"{LINEAR}.instance_type", "ml.m5.large", "remove it"),
            (f"{LINEAR}.instances", 2, "remove it"),
            (f"{LINEAR}.scaling", FULL, "it has no scaling: remove it"),
            (f"{LINEAR}.scaling", {"min": 1, "max": 2, "target": 4}, "no scaling"),
            (f"{LINEAR}.startup_timeout_seconds", 60, "remove it"),
            (f"{LINEAR}.download_timeout_seconds", 60, "remove it"),
            (f"{ENDPOINT}.capture", {"percent": 1}, "no data capture"),
            (f"{ROLLOUT}.kind", "canary", "kind: all_at_once"),
            (f"{ROLLOUT}.alarms.period_seconds", 30, "write 60"),
        ]
    ),
    Case(
        "SERVERLESS-WITHOUT",
        serverless(containers=PIPELINE, model=None, candidate=None),
        f"{LINEAR}.containers",
        2,
        "remove it",
        serverless(),
    ),
    Case(
        "SERVERLESS-MEMORY",
        serverless(serverless={"memory_mb": 1500}),
        f"{LINEAR}.serverless.memory_mb",
        1500,
        "1024, 2048",
        serverless(serverless={"memory_mb": 6144}),
    ),
    Case(
        "SERVERLESS-PROVISIONED",
        serverless(serverless={"max_concurrency": 2, "provisioned_concurrency": 3}),
        f"{LINEAR}.serverless.provisioned_concurrency",
        3,
        "at most 2",
        serverless(serverless={"max_concurrency": 3, "provisioned_concurrency": 3}),
    ),
    Case(
        "SHADOW-ALONE",
        {SHADOW: CHALLENGER},
        SHADOW,
        "real_time, 2 variants",
        "one variant",
        {**alone(), SHADOW: CHALLENGER},
    ),
    *(
        Case("SHADOW-ALONE", {**mode(), SHADOW: CHALLENGER}, SHADOW, found, "mode real_time", mode())
        for mode, found in [(serverless, "serverless, 1 variants"), (asynchronous, "asynchronous, 1 variants")]
    ),
    Case(
        "SHADOW-CONTAINERS",
        {**source(containers=PIPELINE), SHADOW: CHALLENGER},
        f"{LINEAR}.containers",
        2,
        "one container",
        source(containers=PIPELINE),
    ),
    Case(
        "SHADOW-CONTAINERS",
        {**alone(), SHADOW: {"name": "challenger", "sampling_percent": 1, "containers": PIPELINE}},
        f"{SHADOW}.containers",
        2,
        "one container",
        {**alone(), SHADOW: {"name": "challenger", "sampling_percent": 1, "image": IMAGE}},
    ),
    Case(
        "SHADOW-NAME",
        {**alone(), SHADOW: {**CHALLENGER, "name": "linear"}},
        f"{SHADOW}.name",
        "linear",
        "no variant has",
        {**alone(), SHADOW: CHALLENGER},
    ),
]
SCALES = [
    Case(
        "INSTANCES-EITHER",
        {f"{LINEAR}.instances": 2},
        f"{LINEAR}.instances",
        2,
        "not both",
        {VARIANTS: {"linear": {**SERVING, "instances": 2}}},
    ),
    Case("INSTANCES-EITHER", {VARIANTS: {"linear": SERVING}}, f"{LINEAR}.instances", None, "`scaling`", alone()),
    Case(
        "SCALING-BOUNDS",
        {f"{LINEAR}.scaling.min": 9},
        f"{LINEAR}.scaling.min",
        9,
        "at most 4",
        {f"{LINEAR}.scaling.min": 4},
    ),
    Case("SCALING-BOUNDS", evening(min=2), f"{EVENING}.min", 2, "at most 1", evening(min=1)),
    Case(
        "SCALING-TWO",
        {f"{LINEAR}.scaling.min": 1},
        f"{LINEAR}.scaling.min",
        1,
        "2 or more",
        {f"{LINEAR}.scaling.min": 2},
        "staging",
    ),
    Case(
        "SCALING-TWO",
        {f"{LINEAR}.scaling.schedules": {"night": {"cron": "0 0 ? * * *", "min": 1, "max": 2}}},
        f"{LINEAR}.scaling.schedules.night.min",
        1,
        "2 or more",
        {f"{LINEAR}.scaling.schedules": {"night": {"cron": "0 0 ? * * *", "min": 2, "max": 2}}},
        "staging",
    ),
    Case(
        "SCALING-TWO",
        {VARIANTS: {"linear": {**SERVING, "instances": 1}}},
        f"{LINEAR}.instances",
        1,
        "2 or more",
        {VARIANTS: {"linear": {**SERVING, "instances": 2}}},
        "staging",
    ),
    Case("SCALING-ZERO", {f"{LINEAR}.scaling.min": 0}, f"{LINEAR}.scaling.min", 0, "1 or more", asynchronous()),
    Case(
        "SCALING-ZERO", asynchronous(metric="concurrency"), f"{LINEAR}.scaling.min", 0, "1 or more", asynchronous(min=1)
    ),
    Case("SCALING-ZERO", evening(min=0), f"{EVENING}.min", 0, "1 or more"),
    Case(
        "SCALING-BACKLOG",
        {f"{LINEAR}.scaling.metric": "backlog"},
        f"{LINEAR}.scaling.metric",
        "backlog",
        "`concurrency` or `invocations`",
        asynchronous(),
    ),
    *(
        Case(
            "SCALING-QUEUE",
            asynchronous(min=1, metric=metric),
            f"{LINEAR}.scaling.metric",
            metric,
            "write `metric: backlog`",
            asynchronous(min=1),
        )
        for metric in ("concurrency", "invocations")
    ),
    Case(
        "AUTOSCALING-BURSTABLE",
        {f"{LINEAR}.instance_type": "ml.t2.medium"},
        f"{LINEAR}.instance_type",
        "ml.t2.medium",
        "ml.m5.large",
        {VARIANTS: {"linear": {**SERVING, "instances": 1, "instance_type": "ml.t2.medium"}}},
    ),
    *(
        Case("SCHEDULE-CRON", evening(cron=cron), f"{EVENING}.cron", cron, said, evening(cron=twin))
        for cron, said, twin in [
            ("0 19 ? * MON-FRI", "six fields", "0 19 ? * MON-FRI *"),
            ("60 19 ? * MON *", "'60' is no minutes", "59 19 ? * MON *"),
            ("0 24 * * ? *", "'24' is no hours", "0 23 * * ? *"),
            ("0 0 32 * ? *", "'32' is no day of month", "0 0 L * ? *"),
            ("0 0 1 FEV ? *", "'FEV' is no month", "0 0 1 FEB,6-9 ? *"),
            ("0 0 ? * 8 *", "'8' is no day of week", "0 0 ? * 2#1 *"),
            ("0 0 1 1 ? 1969", "'1969' is no year", "0 0 1 1 ? 2030-2040/2"),
            ("0 0 * * * *", "is `?`", "*/15 0 * * ? *"),
            ("0/0 0 * * ? *", "'0/0' is no minutes", "0/5 0 * * ? *"),
            ("1-2-3 0 * * ? *", "'1-2-3' is no minutes", "1-2 0 * * ? *"),
            ("0 19-7 1 * ? *", "'19-7' is no hours", "0 0-7,19-23 1 * ? *"),
            ("0 19 ? * FRI-MON *", "'FRI-MON' is no day of week", "0 19 ? * SUN,MON,FRI,SAT *"),
        ]
    ),
    *(
        Case(
            "SCHEDULE-ZONE",
            evening(timezone=zone),
            f"{EVENING}.timezone",
            zone,
            "Europe/London",
            evening(timezone="UTC"),
        )
        for zone in ["Europe/Londn", "Europe", "../UTC"]
    ),
]
ROLLOUTS = [
    Case(
        "WEIGHTS-POSITIVE",
        alone(weight=0),
        VARIANTS,
        "all weights are 0",
        "above 0",
        {VARIANTS: {"linear": linear(weight=0), "xgboost": linear(weight=0.1)}},
    ),
    Case(
        "LINEAR-STEP",
        {ROLLOUT: {"kind": "linear", "percent": 9, "bake_minutes": 1}},
        f"{ROLLOUT}.percent",
        9,
        "10 or more",
        {ROLLOUT: {"kind": "linear", "percent": 10, "bake_minutes": 1}},
    ),
    Case(
        "ROLLOUT-TIME",
        {ROLLOUT: {"kind": "linear", "percent": 10, "bake_minutes": 60}},
        f"{ROLLOUT}.bake_minutes",
        60,
        "come to 600 min, of at most 450: wait less",
        {ROLLOUT: {"kind": "linear", "percent": 10, "bake_minutes": 45}},
    ),
    Case(
        "ROLLOUT-TIME",
        {ROLLOUT: {"kind": "linear", "percent": 10, "bake_minutes": 45, "termination_wait_minutes": 1}},
        f"{ROLLOUT}.bake_minutes",
        45,
        "wait less",
        {ROLLOUT: {"kind": "linear", "percent": 10, "bake_minutes": 44, "termination_wait_minutes": 10}},
    ),
    Case(
        "BAKE-TIME",
        {f"{ROLLOUT}.bake_minutes": 0},
        f"{ROLLOUT}.bake_minutes",
        0,
        "1 or more",
        {f"{ROLLOUT}.bake_minutes": 1},
    ),
    Case(
        "GUARDED-INSTANCES",
        {f"{LINEAR}.instance_type": "ml.inf1.xlarge"},
        f"{LINEAR}.instance_type",
        "ml.inf1.xlarge",
        "ml.inf2.xlarge",
        {f"{LINEAR}.instance_type": "ml.inf2.xlarge"},
    ),
]
CASES = [*SOURCES, *MODES, *SCALES, *ROLLOUTS]

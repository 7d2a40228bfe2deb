"""What jobs, models, functions, log deliveries and CloudFormation may do."""

from __future__ import annotations

import json
from typing import Any

from tests.end_to_end.access.case import ABSENT, Case, allowed, but, denied
from tests.end_to_end.access.deployed import EVERYTHING, WIDENED
from tests.end_to_end.access.requests import processing_job, training_job

STOLEN = "the same credentials outside the VPC"


def reads(who: str, bucket: str, key: str, why: str) -> Case:
    """An object through the VPC's endpoint."""
    return allowed(who, "s3.get_object", why, inside=True, Bucket=bucket, Key=key)


def writes(who: str, bucket: str, folder: str, why: str) -> Case:
    """An object through the VPC's endpoint."""
    return allowed(who, "s3.put_object", why, inside=True, Bucket=bucket, Key=f"{folder}/reviews/matrix/x", Body="x")


PROCESSING_READS = reads("processing", "$raw", "$raw_object", "raw data of its model")
PROCESSING_LISTS = allowed(
    "processing", "s3.list_objects_v2", "raw data of its model", inside=True, Bucket="$raw", Prefix="raw/reviews/"
)
PROCESSING_WRITES = writes("processing", "$data", "processed", "what it made")
PROCESSING_KEY = allowed(
    "processing", "kms.generate_data_key", "its key", inside=True, KeyId="$data_key", KeySpec="AES_256"
)
PROCESSING = [
    PROCESSING_READS,
    but(PROCESSING_READS, STOLEN, inside=False),
    but(PROCESSING_READS, "another model's", Key="raw/other/x.csv"),
    but(PROCESSING_READS, "models are made later", Bucket="$artifacts", Key="$model"),
    PROCESSING_LISTS,
    but(PROCESSING_LISTS, "the whole bucket", Prefix=ABSENT),
    PROCESSING_WRITES,
    but(PROCESSING_WRITES, STOLEN, inside=False),
    but(PROCESSING_WRITES, "raw data stays as it came", Bucket="$raw", Key="raw/reviews/matrix/x"),
    PROCESSING_KEY,
    but(PROCESSING_KEY, "the trail's", KeyId="$trail_key"),
]

TRAINING_READS = reads("training", "$data", "$processed", "processed data of its model")
TRAINING_WRITES = writes("training", "$artifacts", "models", "the model")
TRAINING = [
    TRAINING_READS,
    but(TRAINING_READS, STOLEN, inside=False),
    but(TRAINING_READS, "raw data", Bucket="$raw", Key="$raw_object"),
    TRAINING_WRITES,
    but(TRAINING_WRITES, STOLEN, inside=False),
    but(TRAINING_WRITES, "not what the gate reads", Key="evaluations/reviews/matrix/evaluation.json"),
    denied("training", "s3.delete_object", "deletes nothing", inside=True, Bucket="$artifacts", Key="$model"),
]

EVALUATION_READS = reads("evaluation", "$artifacts", "$model", "models")
EVALUATION_WRITES = writes("evaluation", "$artifacts", "evaluations", "figures")
EVALUATION = [
    EVALUATION_READS,
    but(EVALUATION_READS, STOLEN, inside=False),
    EVALUATION_WRITES,
    but(EVALUATION_WRITES, "not the model that it measures", Key="models/reviews/matrix/model.tar.gz"),
]

EXPERIMENT_READS = reads("experiment", "$data", "$processed", "processed data of its model")
EXPERIMENT_WRITES = writes("experiment", "$artifacts", "experiments", "what was tried")
EXPERIMENT = [
    EXPERIMENT_READS,
    but(EXPERIMENT_READS, STOLEN, inside=False),
    but(EXPERIMENT_READS, "raw data", Bucket="$raw", Key="$raw_object"),
    EXPERIMENT_WRITES,
    but(EXPERIMENT_WRITES, "no model that is registered", Key="models/reviews/matrix/model.tar.gz"),
    but(EXPERIMENT_WRITES, "no figures that the gate reads", Key="evaluations/reviews/matrix/evaluation.json"),
]

HOSTING_READS = reads("hosting", "$artifacts", "$model", "its model")
HOSTING_LISTS = allowed(
    "hosting", "s3.list_objects_v2", "its model", inside=True, Bucket="$artifacts", Prefix="models/reviews/"
)
HOSTING_KEEPS = allowed(
    "hosting",
    "s3.put_object",
    "what it captures",
    inside=True,
    Bucket="$data",
    Key="capture/ashlar-local-reviews/matrix/x",
    Body="x",
)
HOSTING = [
    HOSTING_READS,
    allowed(
        "hosting",
        "s3.get_object",
        "SageMaker looks for the model from its own network",
        Bucket="$artifacts",
        Key="$model",
    ),
    but(HOSTING_READS, "no data", Bucket="$data", Key="$processed"),
    but(HOSTING_READS, "no figures", Key="$evaluation"),
    HOSTING_LISTS,
    but(HOSTING_LISTS, STOLEN, inside=False),
    HOSTING_KEEPS,
    but(HOSTING_KEEPS, STOLEN, inside=False),
    but(HOSTING_KEEPS, "another endpoint's", Key="capture/ashlar-local-other/matrix/x"),
    but(HOSTING_KEEPS, "no ground truth", Key="ground-truth/ashlar-local-reviews/matrix/x"),
    denied("hosting", "s3.put_object", "no model", inside=True, Bucket="$artifacts", Key="$model", Body="x"),
]

PIPELINE_TRAINS = allowed(
    "pipeline", "sagemaker.create_training_job", "secure in every way", **training_job("pipelines-matrix-train")
)
PIPELINE_PROCESSES = allowed(
    "pipeline", "sagemaker.create_processing_job", "secure in every way", **processing_job("pipelines-matrix-process")
)
FIGURES = allowed(
    "pipeline", "s3.get_object", "the gate's figures, from outside", Bucket="$artifacts", Key="$evaluation"
)
REGISTER = allowed(
    "pipeline",
    "sagemaker.create_model_package",
    "into its own group, with nothing in it",
    error="ValidationException",
    ModelPackageGroupName="ashlar-local-reviews-linear",
    ModelApprovalStatus="Approved",
)
PIPELINE = [
    PIPELINE_TRAINS,
    but(PIPELINE_TRAINS, "outside the VPC", VpcConfig=ABSENT),
    but(PIPELINE_TRAINS, "not isolated", EnableNetworkIsolation=False),
    but(PIPELINE_TRAINS, "a foreign key for the volume", ResourceConfig__VolumeKmsKeyId="$trail_key"),
    but(PIPELINE_TRAINS, "as the release", RoleArn="$release_role"),
    but(PIPELINE_TRAINS, "not by its own name", TrainingJobName="ashlar-local-reviews-train"),
    PIPELINE_PROCESSES,
    but(PIPELINE_PROCESSES, "not isolated", NetworkConfig__EnableNetworkIsolation=False),
    allowed(
        "pipeline",
        "sagemaker.stop_training_job",
        "its job",
        TrainingJobName=PIPELINE_TRAINS.arguments["TrainingJobName"],
    ),
    FIGURES,
    but(FIGURES, "no data", Bucket="$data", Key="$processed"),
    REGISTER,
    but(REGISTER, "only as configured", ModelApprovalStatus="Rejected"),
    but(REGISTER, "not into another team's", ModelPackageGroupName="other-team"),
    denied(
        "pipeline",
        "sagemaker.update_model_package",
        "approves nothing afterwards",
        ModelPackageArn="$waiting",
        ModelApprovalStatus="Approved",
    ),
]

LOOKS = allowed(
    "workflow", "sagemaker.describe_endpoint", "what serves", inside=True, EndpointName="ashlar-local-reviews"
)
CHAMPION = allowed(
    "workflow", "sagemaker.describe_model_package", "the champion's artifact", inside=True, ModelPackageName="$served"
)
WORKFLOW = [
    LOOKS,
    but(LOOKS, "another endpoint", EndpointName="ashlar-local-other"),
    denied("workflow", "sagemaker.delete_endpoint", "changes nothing", **LOOKS.arguments),
    CHAMPION,
    but(CHAMPION, "another team's", ModelPackageName="$other_package"),
    denied("workflow", "s3.get_object", "no data", inside=True, Bucket="$raw", Key="$raw_object"),
]

STARTS = allowed(
    "pipeline start",
    "sagemaker.start_pipeline_execution",
    "its pipeline, without its parameter",
    error="ValidationException",
    PipelineName="ashlar-local-reviews",
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    ClientRequestToken="the-matrix-starts-nothing-at-all-here",
)
INVOKE = allowed(
    "front door",
    "sagemaker-runtime.invoke_endpoint",
    "its endpoint",
    inside=True,
    EndpointName="ashlar-local-reviews",
    ContentType="application/json",
    Body='{"instances": [{"text": "nice"}]}',
)
SEES = allowed(
    "front door",
    "sagemaker.describe_endpoint",
    "whether its endpoint answers",
    inside=True,
    EndpointName="ashlar-local-reviews",
)
GROUP_RULE: dict[str, Any] = {
    "GroupId": "$closed_group",
    "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
}
REVOKE = allowed(
    "group closer",
    "ec2.revoke_security_group_ingress",
    "a rule of the default group",
    inside=True,
    **GROUP_RULE,
)
FUNCTIONS = [
    STARTS,
    but(STARTS, "another's", PipelineName="ashlar-local-other"),
    denied("pipeline start", "sagemaker.delete_pipeline", "starts, and no more", **STARTS.arguments),
    INVOKE,
    but(INVOKE, "another endpoint", EndpointName="ashlar-local-other"),
    SEES,
    but(SEES, "another endpoint", EndpointName="ashlar-local-other"),
    denied("front door", "s3.get_object", "no artifacts", inside=True, Bucket="$artifacts", Key="$model"),
    denied("front door", "sagemaker.delete_endpoint", "changes nothing", EndpointName="ashlar-local-reviews"),
    allowed("group closer", "ec2.describe_security_groups", "finds the group", inside=True),
    REVOKE,
    but(REVOKE, "another group", GroupId="$group"),
    denied("group closer", "ec2.authorize_security_group_ingress", "opens nothing", **GROUP_RULE),
]

UPDATE = allowed(
    "reconciler",
    "cloudformation.update_stack",
    "as the release's role, with nothing new",
    inside=True,
    error="ValidationError",
    StackName="ashlar-local-inference-reviews",
    UsePreviousTemplate=True,
    RoleARN="$release_role",
    Parameters=[
        {"ParameterKey": f"{variant}ModelPackage", "UsePreviousValue": True} for variant in ("Linear", "Xgboost")
    ],
    Capabilities=["CAPABILITY_IAM"],
)
LOOK = allowed(
    "reconciler",
    "cloudformation.describe_stacks",
    "its stack",
    inside=True,
    StackName="ashlar-local-inference-reviews",
)
TAKE_OUT = allowed(
    "reconciler",
    "sagemaker.update_model_package",
    "rejects what does not run",
    inside=True,
    ModelPackageArn="$waiting_too",
    ModelApprovalStatus="Rejected",
)
ALARMS = allowed(
    "reconciler",
    "cloudwatch.describe_alarm_history",
    "alarms of its configurations",
    inside=True,
    AlarmName="ashlarlocalreviewsconfig-matrix-linear-5xx",
)
PAUSES = allowed(
    "reconciler",
    "sagemaker.list_tags",
    "whether its groups are paused",
    inside=True,
    ResourceArn="arn:aws:sagemaker:eu-west-1:$account:model-package-group/ashlar-local-reviews-linear",
)
CLEANS = allowed(
    "reconciler",
    "sagemaker.delete_endpoint_config",
    "one of its own, which is not there",
    inside=True,
    error="ValidationException",
    EndpointConfigName="ashlarlocalreviewsconfig-matrix",
)
TELLS = allowed(
    "reconciler",
    "sns.publish",
    "the operators",
    inside=True,
    TopicArn="arn:aws:sns:eu-west-1:$account:ashlar-local-operators",
    Message="matrix",
)
ALARM = allowed(
    "release",
    "cloudwatch.put_metric_alarm",
    "alarms of its configurations",
    AlarmName="ashlarlocalreviewsconfig-matrix-linear-5xx",
    Namespace="Matrix",
    MetricName="Nothing",
    Statistic="Sum",
    Period=60,
    EvaluationPeriods=1,
    Threshold=1,
    ComparisonOperator="GreaterThanThreshold",
)
WEIGHTS = allowed(
    "live endpoint",
    "sagemaker.update_endpoint_weights_and_capacities",
    "its endpoint, of which it names no variant",
    inside=True,
    error="ValidationException",
    EndpointName="ashlar-local-reviews",
    DesiredWeightsAndCapacities=[{"VariantName": "matrix", "DesiredWeight": 1}],
)
LIVE = allowed("release", "sagemaker.describe_endpoint", "its endpoint", EndpointName="ashlar-local-reviews")
SCALE = allowed(
    "release",
    "application-autoscaling.register_scalable_target",
    "its endpoint",
    ServiceNamespace="sagemaker",
    ResourceId="endpoint/ashlar-local-reviews/variant/linear",
    ScalableDimension="sagemaker:variant:DesiredInstanceCount",
    MinCapacity=1,
    MaxCapacity=2,
)
MODEL = allowed(
    "release",
    "sagemaker.create_model",
    "as the hosting role",
    ModelName="AshlarLocalReviewsLinearModel-matrix",
    ExecutionRoleArn="$hosting_role",
    PrimaryContainer={"ModelPackageName": "$served"},
    EnableNetworkIsolation=True,
    VpcConfig={"Subnets": ["$subnet"], "SecurityGroupIds": ["$group"]},
)
RELEASE = [
    UPDATE,
    but(UPDATE, "as itself", RoleARN=ABSENT),
    but(UPDATE, "as the deployment's role", RoleARN="$CloudFormation_role"),
    but(UPDATE, "another stack", StackName="ashlar-local-data"),
    LOOK,
    but(LOOK, "another stack", StackName="ashlar-local-data"),
    TAKE_OUT,
    but(TAKE_OUT, "approves nothing", ModelApprovalStatus="Approved"),
    ALARMS,
    but(ALARMS, "another's", AlarmName="ashlarlocalotherconfig-matrix-linear-5xx"),
    PAUSES,
    but(PAUSES, "another team's", ResourceArn="arn:aws:sagemaker:eu-west-1:$account:model-package-group/other-team"),
    denied("reconciler", "sagemaker.delete_tags", "resumes nothing", **PAUSES.arguments, TagKeys=["x"]),
    CLEANS,
    but(CLEANS, "another's", EndpointConfigName="ashlarlocalotherconfig-matrix"),
    TELLS,
    but(TELLS, "nobody else", TopicArn="arn:aws:sns:eu-west-1:$account:ashlar-local-other"),
    denied("reconciler", "sagemaker.delete_endpoint", "touches no endpoint", EndpointName="ashlar-local-reviews"),
    ALARM,
    but(ALARM, "another's", AlarmName="ashlarlocalotherconfig-matrix-linear-5xx"),
    WEIGHTS,
    but(WEIGHTS, "another endpoint", EndpointName="ashlar-local-other"),
    denied(
        "live endpoint",
        "sagemaker.update_endpoint",
        "no other configuration",
        inside=True,
        EndpointName="ashlar-local-reviews",
        EndpointConfigName="ashlarlocalreviewsconfig-matrix",
    ),
    LIVE,
    but(LIVE, "another endpoint", EndpointName="ashlar-local-other"),
    SCALE,
    but(
        SCALE,
        "another service",
        ServiceNamespace="ecs",
        ResourceId="service/a/b",
        ScalableDimension="ecs:service:DesiredCount",
    ),
    MODEL,
    but(MODEL, "another name", ModelName="other-model"),
    but(MODEL, "not isolated", EnableNetworkIsolation=False),
    but(MODEL, "isolation not mentioned", EnableNetworkIsolation=ABSENT),
    but(MODEL, "as a job", ExecutionRoleArn="$training_role"),
    denied("release", "sagemaker.delete_endpoint", "another endpoint", EndpointName="ashlar-local-other"),
    denied("release", "sagemaker.delete_model_package", "versions stay", ModelPackageName="$waiting"),
]


def streams(who: str, group: str, stream: str) -> Case:
    """A stream of a log group."""
    return allowed(who, "logs.create_log_stream", "its group", logGroupName=group, logStreamName=stream)


FLOW = streams("flow logs", "/ashlar-local/flow-logs", "eni-matrix-all")
TRAIL = streams("trail logs", "/ashlar-local/trail", "${account}_CloudTrail_eu-west-1_9")
LOGS = [
    FLOW,
    but(FLOW, "not the trail's", logGroupName="/ashlar-local/trail"),
    denied("flow logs", "logs.delete_log_stream", "deletes nothing", **FLOW.arguments),
    TRAIL,
    but(TRAIL, "another stream", logStreamName="forged"),
    but(TRAIL, "another group", logGroupName="/ashlar-local/flow-logs"),
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    allowed("API logs", "logs.create_log_group", "stages' logs", logGroupName="API-Gateway-Execution-Logs_matrix/v1"),
    denied("API logs", "logs.delete_log_group", "deletes nothing", logGroupName="/ashlar-local/api-access"),
]

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
ROLE = allowed(
    "CloudFormation",
    "iam.create_role",
    "under the boundary",
    RoleName="matrix",
    Path="/ashlar/local/function/",
    AssumeRolePolicyDocument=TRUST,
    PermissionsBoundary="$boundary",
)
ATTACH = allowed(
    "CloudFormation",
    "iam.attach_role_policy",
    "a policy below the path, under the boundary",
    RoleName="matrix",
    PolicyArn="$uploader_policy",
)
PLATFORM = {"TagKey": "platform", "TagValue": "ashlar"}
ENVIRONMENT = {"TagKey": "environment", "TagValue": "local"}
KEY = allowed("CloudFormation", "kms.create_key", "tagged as ours", Tags=[PLATFORM, ENVIRONMENT])
BUCKET = allowed(
    "CloudFormation",
    "s3.create_bucket",
    "by name",
    Bucket="ashlar-local-matrix",
    CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
)
CLOUDFORMATION = [
    ROLE,
    but(ROLE, "without the boundary", PermissionsBoundary=ABSENT),
    but(ROLE, "under another boundary", PermissionsBoundary="$uploader_policy"),
    but(ROLE, "outside the path", Path="/"),
    ATTACH,
    but(ATTACH, "AdministratorAccess", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
    but(ATTACH, "to a role outside the path", RoleName="cdk-hnb659fds-deploy-role-$account-eu-west-1"),
    denied(
        "CloudFormation",
        "iam.create_policy_version",
        "the boundary lies outside its path",
        PolicyArn="$boundary",
        PolicyDocument=json.dumps(EVERYTHING),
        SetAsDefault=True,
    ),
    denied("CloudFormation", "iam.delete_role_permissions_boundary", "bounded it stays", RoleName="matrix"),
    denied("CloudFormation", "iam.create_user", "no users", UserName="matrix"),
    KEY,
    but(KEY, "not tagged", Tags=ABSENT),
    but(KEY, "another environment's", Tags=[PLATFORM, {**ENVIRONMENT, "TagValue": "prod"}]),
    BUCKET,
    but(BUCKET, "another name", Bucket="other-matrix"),
    denied("CloudFormation", "s3.get_object", "reads no data", Bucket="$raw", Key="$raw_object"),
]

LISTED = allowed(WIDENED, "sagemaker.list_models", "what the boundary leaves")
BOUNDED = [
    LISTED,
    denied(WIDENED, "iam.create_user", "no new identities", UserName="matrix"),
    denied(WIDENED, "iam.attach_role_policy", "no wider roles", **ATTACH.arguments),
    denied(WIDENED, "cloudtrail.stop_logging", "the trail stays", Name="ashlar-local-trail"),
    denied(WIDENED, "kms.schedule_key_deletion", "keys stay", KeyId="$data_key"),
    denied(WIDENED, "s3.delete_bucket_policy", "the perimeter stays", Bucket="$raw"),
    denied(WIDENED, "s3.get_object", "also from outside the VPC", Bucket="$raw", Key="$raw_object"),
    denied(
        WIDENED,
        "sagemaker.create_training_job",
        "no shell into a job",
        **training_job("matrix-shell", RemoteDebugConfig={"EnableRemoteDebug": True}),
    ),
    denied(WIDENED, "lambda.invoke", "no functions", FunctionName="x"),
    denied(
        WIDENED,
        "cloudformation.update_stack",
        "no deployment as itself",
        StackName="ashlar-local-data",
        UsePreviousTemplate=True,
    ),
]

CASES: list[Case] = [
    *PROCESSING,
    *TRAINING,
    *EVALUATION,
    *EXPERIMENT,
    *HOSTING,
    *PIPELINE,
    *WORKFLOW,
    *FUNCTIONS,
    *RELEASE,
    *LOGS,
    *CLOUDFORMATION,
    *BOUNDED,
]

"""What people and applications may do."""

from __future__ import annotations

from typing import Any

from tests.end_to_end.access.case import ABSENT, Case, allowed, but, denied
from tests.end_to_end.access.requests import ARN, OTHER_PROJECT, PROJECT, processing_job, training_job

PUT = allowed("uploader", "s3.put_object", "brings raw data", Bucket="$raw", Key="raw/reviews/matrix/new.csv", Body="x")
PUT_WITH_KEY = allowed(
    "uploader",
    "s3.put_object",
    "says the bucket's own key",
    **{**PUT.arguments, "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "$data_key"},
)
PARTS = allowed("uploader", "s3.create_multipart_upload", "in parts", Bucket="$raw", Key="raw/reviews/matrix/parts.csv")
UPLOADER = [
    PUT,
    PUT_WITH_KEY,
    PARTS,
    but(PUT_WITH_KEY, "another key", SSEKMSKeyId="$artifacts_key"),
    but(PUT_WITH_KEY, "no customer key", ServerSideEncryption="AES256", SSEKMSKeyId=ABSENT),
    but(PUT, "outside raw/", Key="other/new.csv"),
    but(PUT, "another bucket", Bucket="$artifacts"),
    denied("uploader", "s3.get_object", "reads nothing, not even its own", Bucket="$raw", Key="$given"),
    denied("uploader", "s3.list_objects_v2", "sees nothing", Bucket="$raw"),
    denied("uploader", "s3.delete_object", "deletes nothing", Bucket="$raw", Key="$given"),
]

LABELS = allowed(
    "analyst",
    "s3.put_object",
    "what was right",
    Bucket="$data",
    Key="ground-truth/ashlar-local-reviews/matrix/x",
    Body="x",
)
CAPTURED = allowed(
    "analyst",
    "s3.list_objects_v2",
    "what was captured",
    Bucket="$data",
    Prefix="capture/ashlar-local-reviews/",
)
ANALYST = [
    LABELS,
    but(LABELS, "no captured data", Key="capture/ashlar-local-reviews/matrix/x"),
    CAPTURED,
    but(CAPTURED, "no processed data", Prefix="processed/reviews/"),
    denied("analyst", "s3.get_object", "no processed data", Bucket="$data", Key="$processed"),
]

VERSION = allowed(
    "custodian",
    "s3.delete_object",
    "deletes a version",
    Bucket="$raw",
    Key="$given",
    VersionId="$given_version",
)
VERSIONS = allowed("custodian", "s3.list_object_versions", "lists versions", Bucket="$artifacts")
CUSTODIAN = [
    VERSION,
    VERSIONS,
    but(VERSION, "puts no delete marker: nothing is hidden", VersionId=ABSENT),
    but(VERSION, "not the deployers' bucket", Bucket="$assets"),
    but(VERSIONS, "not the deployers' bucket", Bucket="$assets"),
    denied("custodian", "s3.get_object", "cannot look into what it deletes", Bucket="$raw", Key="$raw_object"),
    denied("custodian", "s3.put_object", "adds nothing", Bucket="$raw", Key="raw/reviews/x", Body="x"),
    denied("custodian", "s3.delete_bucket", "the bucket itself is CloudFormation's", Bucket="$raw"),
]

PREDICT = allowed(
    "caller",
    "api.post",
    "asks for predictions",
    path="/$api/endpoints/reviews/predictions",
    body='{"instances": [{"text": "nice"}]}',
)
CALLER = [
    PREDICT,
    allowed(
        "caller",
        "api.post",
        "an endpoint that does not exist",
        error="404",
        **{**PREDICT.arguments, "path": "/$api/endpoints/absent/predictions"},
    ),
    *(
        denied(who, "api.post", "is no application", **PREDICT.arguments)
        for who in ("uploader", "data scientist", "approver", "auditor")
    ),
    denied(
        "caller",
        "sagemaker-runtime.invoke_endpoint",
        "not around the API",
        EndpointName="ashlar-local-reviews",
        Body="{}",
    ),
    denied("caller", "sagemaker.describe_endpoint", "only predictions", EndpointName="ashlar-local-reviews"),
]

TRAIN = allowed(
    "data scientist",
    "sagemaker.create_training_job",
    "secure in every way",
    **training_job("ashlar-local-reviews-try", RoleArn="$experiment_role", Tags=[PROJECT]),
)
INSECURE_TRAINING = [
    but(TRAIN, "outside the VPC", VpcConfig=ABSENT),
    but(TRAIN, "a foreign subnet", VpcConfig__Subnets=["$subnet", "subnet-0123456789abcdef0"]),
    but(TRAIN, "another security group", VpcConfig__SecurityGroupIds=["$closed_group"]),
    but(TRAIN, "not isolated", EnableNetworkIsolation=False),
    but(TRAIN, "isolation not mentioned", EnableNetworkIsolation=ABSENT),
    but(TRAIN, "plain traffic between hosts", EnableInterContainerTrafficEncryption=False),
    but(TRAIN, "plain traffic by default", EnableInterContainerTrafficEncryption=ABSENT),
    but(TRAIN, "no key for the volume", ResourceConfig__VolumeKmsKeyId=ABSENT),
    but(TRAIN, "a foreign key for the volume", ResourceConfig__VolumeKmsKeyId="$trail_key"),
    but(TRAIN, "no key for the output", OutputDataConfig__KmsKeyId=ABSENT),
    but(TRAIN, "a foreign key for the output", OutputDataConfig__KmsKeyId="$trail_key"),
    but(TRAIN, "a dearer instance", ResourceConfig__InstanceType="ml.p4d.24xlarge"),
    but(TRAIN, "longer than allowed", StoppingCondition__MaxRuntimeInSeconds=8 * 3600 + 1),
    but(TRAIN, "a shell into the job", RemoteDebugConfig={"EnableRemoteDebug": True}),
    but(TRAIN, "without a project", Tags=ABSENT),
    but(TRAIN, "tagged with another project", Tags=[OTHER_PROJECT]),
    but(TRAIN, "named like another project's", TrainingJobName="ashlar-local-other-try"),
    but(TRAIN, "as the pipeline", RoleArn="$pipeline_role"),
    but(TRAIN, "as the pipeline's training, which writes what is registered", RoleArn="$training_role"),
    but(TRAIN, "as the evaluation, which writes what the gate reads", RoleArn="$evaluation_role"),
]
PROCESS = allowed(
    "data scientist",
    "sagemaker.create_processing_job",
    "secure in every way",
    **processing_job("ashlar-local-reviews-try", RoleArn="$experiment_role", Tags=[PROJECT]),
)
INSECURE_PROCESSING = [
    but(PROCESS, "outside the VPC", NetworkConfig__VpcConfig=ABSENT),
    but(PROCESS, "not isolated", NetworkConfig__EnableNetworkIsolation=False),
    but(PROCESS, "plain traffic between hosts", NetworkConfig__EnableInterContainerTrafficEncryption=False),
    but(PROCESS, "no key for the volume", ProcessingResources__ClusterConfig__VolumeKmsKeyId=ABSENT),
    but(PROCESS, "a foreign key for the output", ProcessingOutputConfig__KmsKeyId="$trail_key"),
    but(PROCESS, "a dearer instance", ProcessingResources__ClusterConfig__InstanceType="ml.p4d.24xlarge"),
    but(PROCESS, "no limit to its time", StoppingCondition=ABSENT),
    but(PROCESS, "tagged with another project", Tags=[OTHER_PROJECT]),
    but(PROCESS, "as the pipeline's processing", RoleArn="$processing_role"),
]
START = allowed(
    "data scientist",
    "sagemaker.start_pipeline_execution",
    "of the own project, without its parameter",
    error="ValidationException",
    PipelineName="ashlar-local-reviews",
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    ClientRequestToken="the-matrix-starts-nothing-at-all-here",
)
READ = allowed(
    "data scientist", "s3.get_object", "the own project's data", inside=True, Bucket="$data", Key="$processed"
)
LIST = allowed(
    "data scientist",
    "s3.list_objects_v2",
    "the own project's data",
    inside=True,
    Bucket="$data",
    Prefix="processed/reviews/",
)
DESCRIBE_JOB = allowed(
    "data scientist", "sagemaker.describe_training_job", "the own", TrainingJobName="ashlar-local-reviews-try"
)
DESCRIBE_PIPELINE = allowed(
    "data scientist", "sagemaker.describe_pipeline", "the own", PipelineName="ashlar-local-reviews"
)
DESCRIBE_VERSION = allowed("data scientist", "sagemaker.describe_model_package", "the own", ModelPackageName="$waiting")
JOB_LOGS = allowed(
    "data scientist", "logs.filter_log_events", "of jobs", logGroupName="/aws/sagemaker/TrainingJobs", limit=1
)
STOP_EXECUTION = allowed(
    "data scientist",
    "sagemaker.stop_pipeline_execution",
    "the own, which has ended",
    error="ConflictException",
    PipelineExecutionArn="$execution",
    # pragma: allowlist nextline secret - a made-up or public value that opens nothing
    ClientRequestToken="the-matrix-stops-nothing-at-all-here",
)
DATA_SCIENTIST = [
    TRAIN,
    *INSECURE_TRAINING,
    PROCESS,
    *INSECURE_PROCESSING,
    DESCRIBE_JOB,
    but(DESCRIBE_JOB, "another's", TrainingJobName="$other_job"),
    allowed("data scientist", "sagemaker.stop_training_job", "the own", TrainingJobName="ashlar-local-reviews-try"),
    denied("data scientist", "sagemaker.stop_training_job", "another's", TrainingJobName="$other_job"),
    START,
    but(START, "another's", PipelineName="ashlar-local-other"),
    STOP_EXECUTION,
    but(STOP_EXECUTION, "another's", PipelineExecutionArn=f"{ARN}:pipeline/ashlar-local-other/execution/abcdefghijkl"),
    DESCRIBE_PIPELINE,
    but(DESCRIBE_PIPELINE, "another's", PipelineName="ashlar-local-other"),
    denied("data scientist", "sagemaker.delete_pipeline", "it is deployed", **START.arguments),
    DESCRIBE_VERSION,
    but(DESCRIBE_VERSION, "another's", ModelPackageName="$other_package"),
    denied(
        "data scientist",
        "sagemaker.update_model_package",
        "approves nothing",
        ModelPackageArn="$waiting",
        ModelApprovalStatus="Approved",
    ),
    denied(
        "data scientist",
        "sagemaker.create_model_package",
        "registers nothing past the gate",
        ModelPackageGroupName="ashlar-local-reviews-linear",
        ModelApprovalStatus="Approved",
    ),
    denied("data scientist", "sagemaker.delete_endpoint", "serves nothing", EndpointName="ashlar-local-reviews"),
    READ,
    but(READ, "the same credentials outside the VPC", inside=False),
    but(READ, "another project's", Key="processed/other/train/part-0.jsonl"),
    LIST,
    but(LIST, "the same credentials outside the VPC", inside=False),
    but(LIST, "another project's", Prefix="processed/other/"),
    denied(
        "data scientist",
        "s3.put_object",
        "data is made by jobs",
        inside=True,
        Bucket="$data",
        Key="$processed",
        Body="",
    ),
    JOB_LOGS,
    but(JOB_LOGS, "not the trail", logGroupName="/ashlar-local/trail"),
    denied("data scientist", "sts.assume_role", "nobody else", RoleArn="$approver_role", RoleSessionName="matrix"),
]

APPROVE = allowed(
    "approver",
    "sagemaker.update_model_package",
    "approves",
    ModelPackageArn="$served",
    ModelApprovalStatus="Approved",
)
APPROVER = [
    APPROVE,
    allowed(
        "approver",
        "sagemaker.update_model_package",
        "rejects",
        ModelPackageArn="$waiting",
        ModelApprovalStatus="Rejected",
    ),
    but(APPROVE, "decides, one way or the other", ModelApprovalStatus="PendingManualApproval"),
    but(APPROVE, "changes nothing else", ModelApprovalStatus=ABSENT, ApprovalDescription="x"),
    but(APPROVE, "another team's", ModelPackageArn="$other_package"),
    allowed("approver", "sagemaker.describe_model_package", "looks at it", ModelPackageName="$waiting"),
    allowed(
        "approver", "sagemaker.list_model_packages", "finds it", ModelPackageGroupName="ashlar-local-reviews-linear"
    ),
    denied("approver", "sagemaker.describe_model_package", "another team's", ModelPackageName="$other_package"),
    denied(
        "approver",
        "sagemaker.create_model_package",
        "cannot approve what it made",
        ModelPackageGroupName="ashlar-local-reviews-linear",
        ModelApprovalStatus="Approved",
    ),
    denied("approver", "sagemaker.delete_model_package", "takes nothing away", ModelPackageName="$waiting"),
    denied("approver", "s3.get_object", "no artifacts", inside=True, Bucket="$artifacts", Key="$model"),
]

SETTINGS: dict[str, dict[str, Any]] = {
    "iam.list_roles": {},
    "cloudformation.describe_stacks": {},
    "cloudtrail.describe_trails": {},
    "s3.get_bucket_policy": {"Bucket": "$raw"},
    "kms.get_key_policy": {"KeyId": "$data_key", "PolicyName": "default"},
    "ec2.describe_vpc_endpoints": {},
    "sagemaker.describe_endpoint": {"EndpointName": "ashlar-local-reviews"},
    "cloudwatch.describe_alarms": {},
    "logs.filter_log_events": {"logGroupName": "/ashlar-local/trail", "limit": 1},
}
AUDITOR = [
    *(allowed("auditor", call, "reads settings", **arguments) for call, arguments in SETTINGS.items()),
    denied("auditor", "s3.get_object", "reads no data", inside=True, Bucket="$data", Key="$processed"),
    denied("auditor", "s3.list_objects_v2", "nor what there is", Bucket="$raw"),
    denied("auditor", "kms.decrypt", "nor behind a key", KeyId="$data_key", CiphertextBlob="x"),
    denied(
        "auditor",
        "sagemaker-runtime.invoke_endpoint",
        "nor predictions",
        EndpointName="ashlar-local-reviews",
        Body="{}",
    ),
    denied("auditor", "cloudtrail.stop_logging", "changes nothing", Name="ashlar-local-trail"),
    denied("auditor", "s3.delete_bucket_policy", "changes nothing", Bucket="$raw"),
    denied("auditor", "logs.delete_log_group", "changes nothing", logGroupName="/ashlar-local/flow-logs"),
    denied(
        "auditor",
        "sagemaker.update_model_package",
        "approves nothing",
        ModelPackageArn="$waiting",
        ModelApprovalStatus="Approved",
    ),
]

CASES: list[Case] = [*UPLOADER, *ANALYST, *CUSTODIAN, *CALLER, *DATA_SCIENTIST, *APPROVER, *AUDITOR]

"""What the security review finds at resources and is left as it is: the rules, why, and where that can be checked.

Few reasons for many findings: a new one is worth a discussion. Wildcards in policies give theirs at the statement
(`because=`, stacks/permissions).
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Accepted:
    """One reason. `findings` are full rule ids, one for each finding; `evidence` a test, an ADR, or AWS's page.

    Raises ValueError for a pattern of rules and for a rule that is named twice.
    """

    reason: str
    evidence: str
    findings: tuple[str, ...]

    def __post_init__(self) -> None:
        for finding in self.findings:
            if "*" in finding:
                raise ValueError(f"{finding} is a pattern: acknowledge each finding by its full id.")
            if self.findings.count(finding) > 1:
                raise ValueError(f"{finding} is acknowledged twice: keep one.")


ZONES_ARE_CONFIGURED = Accepted(
    "Availability zones come from the configuration: synth looks nothing up, and subnets must not move.",
    "tests/stacks/test_network.py::should_have_one_private_subnet_in_each_configured_zone",
    ("W3010",),
)
CLOSED_BY_A_FUNCTION = Accepted(
    "A custom resource takes the default group's rules away when the VPC is made: no property of the VPC can show it.",
    "tests/lambda/default_security_group/test_handler.py::should_take_every_rule_away, "
    "docs/adr/0008-egress-by-prefix-list-default-group-by-function.md",
    (
        "HIPAA.Security-VPCDefaultSecurityGroupClosed",
        "NIST.800.53.R4-VPCDefaultSecurityGroupClosed",
        "NIST.800.53.R5-VPCDefaultSecurityGroupClosed",
        "PCI.DSS.321-VPCDefaultSecurityGroupClosed",
    ),
)
WAY_OUT_BY_NAT = Accepted(
    "The configuration asks for a way out (network.internet: nat): only the subnets of the NAT gateways lead to the "
    "internet gateway, and workloads may open HTTPS only.",
    "tests/stacks/test_network.py::should_keep_workloads_out_of_the_public_subnets, "
    "tests/stacks/test_network.py::should_let_workloads_out_by_https_only_with_a_nat_gateway",
    (
        "HIPAA.Security-VPCNoUnrestrictedRouteToIGW",
        "NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW",
        "PCI.DSS.321-VPCNoUnrestrictedRouteToIGW",
    ),
)
# The same reason for another resource's finding: that of the workloads' security group
EGRESS_BY_NAT = replace(WAY_OUT_BY_NAT, findings=("OWN_EGRESS",))
ONE_REGION = Accepted(
    "Replication needs a bucket and a key in a second region, mostly of a second account: the organisation's to "
    "decide. Versions, retention and the policies guard against mistakes.",
    "tests/stacks/test_data.py::should_keep_versions, "
    "tests/stacks/test_data.py::should_keep_bucket_and_policy_where_data_is_retained",
    (
        "HIPAA.Security-S3BucketReplicationEnabled",
        "NIST.800.53.R4-S3BucketReplicationEnabled",
        "NIST.800.53.R5-S3BucketReplicationEnabled",
        "PCI.DSS.321-S3BucketReplicationEnabled",
    ),
)
NOT_LOCKED = Accepted(
    "A lock forbids deletion to everybody: raw data has it where data.object_lock_days is set, the trail where data "
    "is retained; processed data and models can be made again.",
    "tests/stacks/test_data.py::should_lock_raw_objects_where_it_is_asked_for, "
    "tests/stacks/test_audit.py::should_keep_the_trails_bucket_encrypted_versioned_logged_and_locked",
    ("NIST.800.53.R4-S3BucketDefaultLockEnabled",),
)
TAKES_ACCESS_LOGS = Accepted(
    "S3 delivers access logs only to a bucket with S3's own encryption and without default retention; and a bucket "
    "that logs itself never ends.",
    "Amazon S3 user guide, Enabling Amazon S3 server access logging; "
    "tests/stacks/test_data.py::should_make_a_bucket_for_access_logs_with_its_own_encryption",
    (
        "HIPAA.Security-S3DefaultEncryptionKMS",
        "NIST.800.53.R5-S3DefaultEncryptionKMS",
        "PCI.DSS.321-S3DefaultEncryptionKMS",
        "NIST.800.53.R4-S3BucketDefaultLockEnabled",
        "CKV_AWS_18",
    ),
)
# Found where no bucket of the same stack logs to it: an organisation's trail has its bucket elsewhere.
TAKES_OTHER_STACKS_LOGS = replace(
    TAKES_ACCESS_LOGS,
    findings=(
        "AwsSolutions-S1",
        "HIPAA.Security-S3BucketLoggingEnabled",
        "NIST.800.53.R4-S3BucketLoggingEnabled",
        "NIST.800.53.R5-S3BucketLoggingEnabled",
        "PCI.DSS.321-S3BucketLoggingEnabled",
    ),
)
ACCOUNTS_CONCURRENCY = Accepted(
    "Reserving executions fails in an account with the initial quota of ten. The API is throttled, and nothing else "
    "calls functions often.",
    "AWS Lambda developer guide, Lambda quotas; "
    "tests/stacks/test_functions.py::should_reserve_concurrency_where_the_configuration_says_so",
    ("HIPAA.Security-LambdaConcurrency", "NIST.800.53.R5-LambdaConcurrency", "CKV_AWS_115"),
)
NOTHING_TO_CACHE = Accepted(
    "Predictions answer requests with bodies of their own, and all else is another answer for each caller: a cache "
    "would keep callers' texts and save nothing.",
    "Amazon API Gateway developer guide, Cache settings; "
    "tests/stacks/test_front_door.py::should_let_callers_call_what_they_were_granted_and_nothing_else",
    (
        "HIPAA.Security-APIGWCacheEnabledAndEncrypted",
        "NIST.800.53.R4-APIGWCacheEnabledAndEncrypted",
        "NIST.800.53.R5-APIGWCacheEnabledAndEncrypted",
        "PCI.DSS.321-APIGWCacheEnabledAndEncrypted",
        "CKV_AWS_120",
    ),
)
SIGNED_REQUESTS = Accepted(
    "The configuration says how callers show who they are, by IAM's signatures unless it says otherwise, and the "
    "function is called through Lambda's own API. A user pool besides, or a client certificate for an HTTP back end, "
    "would authenticate nobody.",
    "tests/stacks/test_front_door.py::should_authenticate_and_validate_every_method, "
    "tests/stacks/test_front_door.py::should_let_only_the_api_call_the_function; "
    "Amazon API Gateway developer guide, Generate and configure an SSL certificate for backend authentication",
    ("AwsSolutions-COG4",),
)
# The stage's, before the function
SIGNED_CALLS = replace(
    SIGNED_REQUESTS,
    findings=("HIPAA.Security-APIGWSSLEnabled", "NIST.800.53.R5-APIGWSSLEnabled", "PCI.DSS.321-APIGWSSLEnabled"),
)
KEYS_ONLY = Accepted(
    "The configuration asks for API keys alone (front_door.auth: api_key), which it may in local and dev only: a first "
    "try of the API, without credentials of AWS's.",
    "tests/config/test_checks.py (rule FRONT-DOOR-API-KEY); "
    "tests/stacks/test_front_door_variants.py::should_ask_for_a_key_with_every_request",
    ("AwsSolutions-APIG4", "AwsSolutions-COG4"),
)
LAST_QUEUE = Accepted(
    "It is the dead-letter queue itself: the first message raises an alarm, and a queue behind it would only hide it.",
    "tests/stacks/test_audit.py::should_raise_an_alarm_for_the_first_dead_letter",
    ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"),
)
SERVERLESS_MODEL = Accepted(
    "The configuration asks for mode serverless, for which SageMaker has neither a place in the VPC nor isolation; its "
    "role reads the model's archive and writes logs.",
    "Amazon SageMaker developer guide, serverless inference, feature exclusions; "
    "tests/stacks/test_hosting_modes.py::should_leave_the_vpc_only_for_a_serverless_model",
    ("CKV_AWS_370", "SM_MODEL_ISOLATION", "SM_MODEL_IN_VPC"),
)
SERVERLESS_STORAGE = Accepted(
    "A serverless endpoint has no volume that a key could be given for.",
    "Amazon SageMaker developer guide, serverless inference, feature exclusions; "
    "tests/stacks/test_hosting_modes.py::should_leave_the_vpc_only_for_a_serverless_model",
    (
        "HIPAA.Security-SageMakerEndpointConfigurationKMSKeyConfigured",
        "NIST.800.53.R4-SageMakerEndpointConfigurationKMSKeyConfigured",
        "NIST.800.53.R5-SageMakerEndpointConfigurationKMSKeyConfigured",
        "PCI.DSS.321-SageMakerEndpointConfigurationKMSKeyConfigured",
        "SM_ENDPOINT_VOLUME_KEY",
    ),
)
ONE_MACHINE = Accepted(
    "The environment is one machine, which a second instance would be lost with.",
    "control SageMaker.4, which is excepted for such an environment and fails the review of any other: "
    "review/controls/sagemaker.py",
    ("SM_TWO_INSTANCES",),
)

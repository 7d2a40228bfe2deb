"""What the settings of the front door change, deployed and tried."""

from __future__ import annotations

import json

from tests.end_to_end.front_door import asker
from tests.end_to_end.front_door.conftest import door_of
from tests.end_to_end.front_door.door import JSON, REVIEW, Answer, Caller, Door, Json
from tests.end_to_end.front_door.identities import right
from tests.end_to_end.front_door.place import NETWORK, Place
from tests.local import stacks
from tests.local.cloud import ACCOUNT, REGION, eventually
from tests.local.sagemaker.workshop import unique

DOMAIN = "api.example.org"
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/01234567-89ab-cdef-0123-456789abcdef"


def should_ask_for_a_key_besides_the_signature(front_door: Place) -> None:
    door = door_of(front_door, client_keys=True)
    caller, key = right(front_door, "iam", "shop"), right(front_door, "api_key", "shop").headers("", "", b"")
    refused = door.predict(caller)
    assert (refused.status, refused.problem) == (403, "forbidden")
    assert door.predict(caller, **{name.replace("-", "_"): value for name, value in key.items()}).status == 200


def should_let_only_who_may_choose_the_variant(front_door: Place, door: Door, team: Caller) -> None:
    for variant in ("linear", "xgboost"):
        answer = door.predict(team, X_Target_Variant=variant)
        assert (answer.json["variant"], answer.headers["x-served-variant"]) == (variant, variant)
    unknown = door.predict(team, X_Target_Variant="amber")
    assert (unknown.status, unknown.problem) == (404, "unknown-variant")
    refused = door.predict(right(front_door, "iam", "shop"), X_Target_Variant="linear")
    assert (refused.status, refused.problem) == (403, "variant-not-allowed")


def should_call_the_version_that_is_always_started(front_door: Place) -> None:
    functions, versions = front_door.cloud.client("lambda"), []
    for clients in ({"shop": {"endpoints": ["reviews"]}}, {"shop": {"endpoints": ["reviews", "returns"]}}):
        door = door_of(front_door, provisioned_concurrency=1, clients=clients)
        alias = functions.get_alias(FunctionName=front_door.function(), Name="live")
        versions.append(alias["FunctionVersion"])
        caller = right(front_door, "iam", "shop")
        statuses = [door.predict(caller, endpoint).status for endpoint in ("reviews", "returns")]
        assert statuses == [200, 200 if len(clients["shop"]["endpoints"]) == 2 else 403]
    # What the function is told when it is deployed is part of a version.
    assert versions[0] != versions[1]


def should_answer_at_its_own_name_alone(front_door: Place) -> None:
    zones = front_door.cloud.client("route53")
    zone = zones.create_hosted_zone(Name="example.org", CallerReference="test")["HostedZone"]["Id"].rsplit("/", 1)[-1]
    domain: Json = {"name": DOMAIN, "certificate_arn": CERTIFICATE, "hosted_zone_id": zone}
    domain["truststore"] = {"uri": "s3://example-certificates/callers.pem", "version": "1"}
    door = door_of(front_door, domain=domain)
    caller = right(front_door, "iam", "shop")
    assert door.predict(caller).status == 403
    path, body = "/endpoints/reviews/predictions", json.dumps(REVIEW).encode()
    proof = caller.headers("POST", f"https://{DOMAIN}{path}", body)
    headers = {"Content-Type": JSON, "Host": DOMAIN, **proof}
    found = door.http.request("POST", f"{front_door.cloud.url}{path}", body=body, headers=headers)
    assert Answer(found.status, found.headers, found.data).status == 200
    records = zones.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [its["Name"] for its in records if its["Type"] == "A"] == [f"{DOMAIN}."]


def should_answer_within_the_vpc_alone(front_door: Place) -> None:
    door = door_of(front_door, private=True)
    try:
        outside = door.predict(right(front_door, "iam", "shop"))
        inside = _asked_by_a_job(front_door, f"{door.url}/health")
    finally:
        front_door.having()
    assert (outside.status, outside.problem) == (403, "forbidden")
    assert inside == "200"


def _asked_by_a_job(front_door: Place, url: str) -> str:
    """The status that a job in the platform's subnets is answered."""
    cloud, may = front_door.cloud, {"Action": "execute-api:Invoke", "Resource": "*"}
    sagemaker, listed = cloud.client("sagemaker"), stacks.resources(cloud, NETWORK)
    name = unique("asks")
    told = front_door.folder / name  # there is no container here, so the job writes to the test's own file
    arguments = [url, REGION, cloud.certificate_authority, str(told)]
    sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=stacks.make_role(cloud, name, "sagemaker.amazonaws.com", may),
        AppSpecification={"ImageUri": "python", "ContainerEntrypoint": ["python", asker.__file__, *arguments]},
        ProcessingResources={
            "ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}
        },
        NetworkConfig={
            "VpcConfig": {
                "Subnets": [its for its in listed.values() if its.startswith("subnet-")][:1],
                "SecurityGroupIds": [its for its in listed.values() if its.startswith("sg-")][:1],
            }
        },
    )

    def ended() -> Json | None:
        job: Json = sagemaker.describe_processing_job(ProcessingJobName=name)
        return None if job["ProcessingJobStatus"] == "InProgress" else job

    job = eventually(ended, seconds=60)
    assert job
    assert job["ProcessingJobStatus"] == "Completed", job
    return told.read_text()

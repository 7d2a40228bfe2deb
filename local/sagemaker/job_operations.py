"""What is the same for every kind of job: a new job's record, and Describe, List and Stop."""

from collections.abc import Mapping
from typing import Any

from local.sagemaker import jobs, listing
from local.sagemaker.errors import in_use, validation
from local.sagemaker.job_kind import JobKind
from local.sagemaker.operations import Call, Record, operation
from local.sagemaker.roles import RoleSession
from local.sagemaker.state import Region, now


def new(
    kind: JobKind, region: Region, params: Record, *, role: str, network: Mapping[str, Any]
) -> tuple[Record, RoleSession]:
    """Store a job that was found sound; return its record and a session of its role in `network` (see RoleSession)."""
    name = params[kind.name]
    arn = region.arn(f"{kind.resource}/{name}")
    with region.lock:
        if name in kind.table(region):
            raise in_use(kind.taken.format(arn=arn))
        session = RoleSession(role, name, source_arn=arn, network=network)
        moment = now()
        record = {k: v for k, v in params.items() if k != "Tags"}
        record |= {kind.arn: arn, kind.status: "InProgress", "CreationTime": moment, "LastModifiedTime": moment}
        kind.table(region)[name] = record
        region.tag(arn, params.get("Tags"))
    return record, session


def register(kind: JobKind) -> None:
    """Register the kind's DescribeXJob, ListXJobs and StopXJob."""

    @operation(f"Describe{kind.noun}", kind.name)
    def describe(call: Call) -> Record:
        return kind.table(call.region)[call[kind.name]]

    @operation(f"List{kind.noun}s", *listing.FIELDS, "StatusEquals")
    def list_matching(call: Call) -> Record:
        records = kind.table(call.region).values()
        return listing.page(call, records, f"{kind.noun}Summaries", kind.name, kind.status)

    @operation(f"Stop{kind.noun}", kind.name)
    def stop(call: Call) -> Record:
        record = kind.table(call.region)[call[kind.name]]
        job = jobs.find(record[kind.arn])
        if not job or not job.stop():
            raise validation(f"The request was rejected because the job is in status {record[kind.status]}.")
        return {}

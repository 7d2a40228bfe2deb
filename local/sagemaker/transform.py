"""Batch transform jobs: the model's containers work on the objects of a prefix, and their answers are stored."""

import asyncio
import gzip
import math
import threading
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker import containers
from local.sagemaker.chain import ContainerFailure
from local.sagemaker.container_process import ContainerProcess, UnhealthyError
from local.sagemaker.containers import Container, ContainerError
from local.sagemaker.instances import Instance
from local.sagemaker.job_kind import TRANSFORM
from local.sagemaker.jobs import Job, JobError
from local.sagemaker.logs import LogStream
from local.sagemaker.roles import RoleSession
from local.sagemaker.state import Region, now
from local.sagemaker.storage import DataError, listed_objects, split_uri, upload
from local.sagemaker.transform_records import MEGABYTE, Batch, Processing, RecordError, assemble, batches, records_of

Record = dict[str, Any]
Slots = asyncio.Queue[Instance]
DEFAULT_PAYLOAD_MB = 6
_LOG_GROUP = "/aws/sagemaker/TransformJobs"
_STARTUP_SECONDS = 600.0
_DEFAULT_TIMEOUT_SECONDS = 600
_DEFAULT_RETRIES = 3
_JSON = "application/json"


class TransformJob(Job):
    """One batch transform job of `model`, a model's record."""

    kind = TRANSFORM

    def __init__(self, region: Region, record: Record, session: RoleSession, model: Mapping[str, Any]) -> None:
        super().__init__(region, record, session)
        self._containers: list[Container] = []
        self._instances: list[Instance] = []
        self._model = model
        self._failures: list[str] = []
        source, target = record["TransformInput"], record["TransformOutput"]
        self._source = source["DataSource"]["S3DataSource"]
        self._content_type = source.get("ContentType") or _JSON
        self._processing = Processing(
            record.get("DataProcessing") or {}, self._content_type, target.get("Accept") or self._content_type
        )
        client = record.get("ModelClientConfig") or {}
        self._timeout = float(client.get("InvocationsTimeoutInSeconds", _DEFAULT_TIMEOUT_SECONDS))
        self._retries = int(client.get("InvocationsMaxRetries", _DEFAULT_RETRIES))
        self._concurrent = int(record.get("MaxConcurrentTransforms") or 1)
        # 0 stands for no limit.
        self._most_bytes = record.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB) * MEGABYTE or math.inf

    def execute(self) -> str:
        """Start the containers, send them every record, and store their answers in the order of the records."""
        self.update(TransformStartTime=now())
        found = listed_objects(self.session.client("s3"), self._source["S3Uri"], data_type=self._source["S3DataType"])
        try:
            self._start_instances()
        except JobError:
            if self.stop_requested:
                return "Stopped"
            raise
        asyncio.run(self._transform(found))
        if self.stop_requested:
            return "Stopped"
        if self._failures:
            more = f" {len(self._failures) - 1} more objects failed." if len(self._failures) > 1 else ""
            raise JobError(f"{self._failures[0]}{more} See the job's log in {_LOG_GROUP}.")
        return "Completed"

    def request_stop(self) -> None:
        """End the model servers; what they work on is lost."""
        super().request_stop()
        threading.Thread(target=self._retire_instances, name=f"stop-{self.name}", daemon=True).start()

    def clean_up(self) -> None:
        """Leave no process and no file."""
        self._retire_instances()
        for container in self._containers:
            container.remove()

    def _retire_instances(self) -> None:
        for instance in list(self._instances):
            instance.retire(drain=False)

    def finish(self, status: str, reason: str | None) -> None:
        """Store the job's end."""
        failure = {"FailureReason": reason} if reason else {}
        self.update(TransformJobStatus=status, TransformEndTime=now(), **failure)
        TRANSFORM.announce(self.record)

    def _start_instances(self) -> None:
        given = {
            "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_BATCH_STRATEGY": self.record.get("BatchStrategy", "MultiRecord"),
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(self.record.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB)),
            "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(self._concurrent),
            **(self.record.get("Environment") or {}),
        }
        definitions = [
            {**one, "Environment": {**one.get("Environment", {}), **given}} for one in self._model["_containers"]
        ]
        try:
            self._containers = containers.of({"_containers": definitions}, owner=self.name, variant="transform")
            for container in self._containers:
                container.fetch(self.session, _STARTUP_SECONDS)
            for _ in range(self.record["TransformResources"]["InstanceCount"]):
                self._instances.append(Instance(self._containers, self.session, self._open_stream, _ended))
            for instance in self._instances:
                instance.wait_until_healthy(_STARTUP_SECONDS)
        except ContainerError as error:
            raise JobError(f"ClientError: {error}") from error
        except UnhealthyError as error:
            raise JobError(
                f"AlgorithmError: container {error.container} of model {self._model['ModelName']} did not answer its "
                f"health check. The end of its log:\n{error}"
            ) from error

    def _open_stream(self, stream: str) -> LogStream:
        return self.open_log(_LOG_GROUP, stream)

    async def _transform(self, found: list[tuple[str, str]]) -> None:
        slots: Slots = asyncio.Queue()
        for _ in range(self._concurrent):
            for instance in self._instances:
                slots.put_nowait(instance)
        waiting = iter(found)

        async def work() -> None:
            for uri, name in waiting:
                if self.stop_requested:
                    return
                await self._transform_object(slots, uri, name)

        await asyncio.gather(*(work() for _ in range(min(slots.qsize(), len(found)))))
        for instance in self._instances:
            for process in instance.processes:
                process.connections.close()
        await asyncio.sleep(0)  # the connections are closed by this loop, before it ends

    async def _transform_object(self, slots: Slots, uri: str, name: str) -> None:
        try:
            content = await asyncio.to_thread(self._read, uri)
            split = self.record["TransformInput"].get("SplitType", "None")
            strategy = self.record.get("BatchStrategy", "MultiRecord")
            prepared = list(batches(records_of(content, split), strategy, self._most_bytes))
            answered = await asyncio.gather(*(self._answer(slots, batch) for batch in prepared))
            if not self.stop_requested:
                await asyncio.to_thread(self._write, name, [result for one in answered for result in one])
        except RecordError as error:
            self._failures.append(f"ClientError: {uri}: {error}")
        except ContainerFailure as error:
            status = f"status {error.status}" if error.status else "nothing in time"
            self._failures.append(f"AlgorithmError: {uri}: the model answered {status}: {error.message[:500]}")
        except (ClientError, BotoCoreError, DataError, OSError) as error:
            self._failures.append(f"ClientError: {uri}: {error}")

    async def _answer(self, slots: Slots, batch: Batch) -> list[bytes]:
        first, records = batch
        body = self._processing.request(first, records)
        accept = self.record["TransformOutput"].get("Accept")
        headers = {"content-type": self._content_type, **({"accept": accept} if accept else {})}
        instance = await slots.get()
        try:
            for attempt in range(self._retries + 1):
                if self.stop_requested:
                    return []
                try:
                    answer = await instance.answer(headers, body, self._timeout)
                    break
                except ContainerFailure as failure:
                    # What the model refuses it refuses again.
                    if 400 <= failure.status < 500 or attempt == self._retries:
                        last = first + len(records) - 1
                        where = f"to records {first} to {last}" if last > first else f"to record {first}"
                        raise ContainerFailure(
                            failure.container, failure.status, f"{where}: {failure.message}"
                        ) from failure
        finally:
            slots.put_nowait(instance)
        return self._processing.results(first, records, answer.body)

    def _read(self, uri: str) -> bytes:
        bucket, key = split_uri(uri)
        content: bytes = self.session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        is_compressed = self.record["TransformInput"].get("CompressionType") == "Gzip"
        return gzip.decompress(content) if is_compressed else content

    def _write(self, name: str, results: list[bytes]) -> None:
        target = self.record["TransformOutput"]
        uri = f"{target['S3OutputPath'].rstrip('/')}/{name}.out"
        content = assemble(results, target.get("AssembleWith", "None"))
        upload(self.session.client("s3"), uri, content, kms_key=target.get("KmsKeyId"))


def _ended(_instance: Instance, process: ContainerProcess, status: int) -> None:
    """Say that a model server ended by itself: the requests that it worked on tell the rest."""
    process.log.write(f"The model server ended by itself with status {status}.")

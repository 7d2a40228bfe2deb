"""One execution of a pipeline: independent steps run at the same time, a failed one lets no further step start."""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import hooks
from local.sagemaker.errors import ApiError
from local.sagemaker.pipelines import announcements, steps
from local.sagemaker.pipelines.caching import Cache, Result, cache_key
from local.sagemaker.pipelines.definition import Definition, Step
from local.sagemaker.pipelines.expressions import Scope, UnresolvableError
from local.sagemaker.pipelines.retries import Retries
from local.sagemaker.pipelines.schedule import Outcome, next_steps
from local.sagemaker.roles import RoleSession
from local.sagemaker.state import Region, now
from local.sagemaker.storage import DataError, read_text

Record = dict[str, Any]
_LOG = logging.getLogger(__name__)
_LONGEST_REASON = 1024  # of a step, FailureReason


class Execution:
    """A running or finished execution. `record` is what DescribePipelineExecution answers, `step_records` the steps."""

    def __init__(
        self, region: Region, record: Record, definition: Definition, parameters: Record, cache: Cache
    ) -> None:
        self.region = region
        self.record = record
        self.definition = definition
        self.execution_id = str(record["PipelineExecutionArn"]).rsplit("/", 1)[-1]
        self.step_records: dict[str, Record] = {}
        self.finished = threading.Event()
        self._cache = cache
        self._stopping = threading.Event()
        self._properties: dict[str, Any] = {}
        self.scope = Scope(parameters, self._variable, self._properties, self._property_file)
        self._ended: dict[str, Outcome] = {}
        self._branches: dict[str, bool] = {}
        self._done: queue.Queue[tuple[Step, Outcome]] = queue.Queue()
        self._stops: dict[str, Callable[[], object]] = {}

    def start(self, session: RoleSession, parallel: int) -> None:
        """Begin, as the pipeline's role, with at most `parallel` steps at a time."""
        self._session = session
        run = hooks.in_request_scope(self._run)
        threading.Thread(target=run, args=(parallel,), name=f"pipeline-{self.execution_id}", daemon=True).start()

    def retry(self, session: RoleSession, parallel: int) -> None:
        """Begin again, with the steps that did not succeed; the others keep what they gave."""
        with self.region.lock:
            self._ended = {name: end for name, end in self._ended.items() if end is Outcome.SUCCEEDED}
            for name in set(self.step_records) - set(self._ended):
                del self.step_records[name]
            self._stops.clear()
            self._stopping.clear()
            self.finished.clear()
            for field in ("FailureReason", "PipelineExecutionFailureReason"):
                self.record.pop(field, None)
            self.record["PipelineExecutionStatus"] = "Executing"
        self.start(session, parallel)

    def client(self, service: str) -> Any:
        """Return a client that acts as the pipeline's role."""
        return self._session.client(service)

    def note(self, step: Step, **metadata: Any) -> None:
        """Show metadata of a running step."""
        with self.region.lock:
            self.step_records[step.name].setdefault("Metadata", {}).update(metadata)

    def is_stopping(self) -> bool:
        """Return whether somebody asked the execution to stop."""
        return bool(self.record["PipelineExecutionStatus"] == "Stopping")

    def on_stop(self, step: Step, stop: Callable[[], object]) -> None:
        """Remember how the step's job is stopped."""
        with self.region.lock:
            self._stops[step.name] = stop
            stopping = self.is_stopping()
        if stopping:
            self._stop_job(step.name)

    def request_stop(self) -> None:
        """Stop the running jobs and start no further step."""
        self._change("Stopping")
        self._stopping.set()
        with self.region.lock:
            running = [name for name in self._stops if name not in self._ended]
        for name in running:
            self._stop_job(name)

    def _stop_job(self, name: str) -> None:
        try:
            self._stops[name]()
        except (ClientError, BotoCoreError) as error:
            _LOG.warning("%s: %s was not stopped: %s", self.execution_id, name, error)

    def _run(self, parallel: int) -> None:
        self._change("Executing")
        waiting = {name: step for name, step in self.definition.steps.items() if name not in self._ended}
        running = 0
        while True:
            if not self.is_stopping() and Outcome.FAILED not in self._ended.values():
                running += self._start_ready(waiting, parallel - running)
            if not running:
                break
            step, outcome = self._done.get()
            running -= 1
            self._ended[step.name] = outcome
        self._finish()

    def _start_ready(self, waiting: dict[str, Step], free: int) -> int:
        """Start what may start, drop what never will, and return how many were started."""
        while True:
            ready, skipped = next_steps(waiting.values(), self._ended, self._branches)
            for step in skipped:
                self._ended[step.name] = Outcome.SKIPPED
                del waiting[step.name]
            if not skipped:
                break
        for step in ready[:free]:
            del waiting[step.name]
            body = hooks.in_request_scope(self._run_step)
            threading.Thread(target=body, args=(step,), name=f"step-{step.name}", daemon=True).start()
        return len(ready[:free])

    def _run_step(self, step: Step) -> None:
        self._change_step(step, "Executing", StartTime=now(), AttemptCount=1)
        outcome, reason = Outcome.FAILED, None
        try:
            properties = self._result(step)
            self._properties[step.name] = properties
            if step.type == "Condition":
                self._branches[step.name] = properties["Outcome"]
            outcome = Outcome.SUCCEEDED
        except steps.StepStoppedError:
            outcome = Outcome.STOPPED
        except steps.StepError as failure:
            reason = str(failure)
        except (UnresolvableError, DataError, ClientError, ApiError) as error:
            reason = f"ClientError: {error}"
        except Exception as error:  # a fault of ours must still end the execution
            _LOG.exception("step %s of %s", step.name, self.execution_id)
            reason = f"InternalServerError: {error!r}"
        self._change_step(step, outcome.value, EndTime=now(), FailureReason=reason and reason[:_LONGEST_REASON])
        self._done.put((step, outcome))

    def _result(self, step: Step) -> Record:
        """Return the step's properties: those of an earlier execution where they are cached, else of its run."""
        # The branches of a condition are steps of their own, and its operands are resolved as they are compared.
        arguments = step.arguments if step.type == "Condition" else self.scope.evaluate(step.arguments)
        if step.cached_for is None:
            return self._attempts(step, arguments)
        key = cache_key(step.type, arguments, step.function)
        with self.region.lock:
            found = self._cache.find(step.name, key, step.cached_for)
            if found:
                record = self.step_records[step.name]
                record.update(
                    CacheHitResult={"SourcePipelineExecutionArn": found.execution_arn}, Metadata=dict(found.metadata)
                )
                return found.properties
        properties = self._attempts(step, arguments)
        with self.region.lock:
            metadata = dict(self.step_records[step.name].get("Metadata", {}))
            result = Result(properties, metadata, str(self.record["PipelineExecutionArn"]))
            self._cache.keep(step.name, key, result)
        return properties

    def _attempts(self, step: Step, arguments: Record) -> Record:
        """Run the step, and again as its retry policies say."""
        retries = Retries(step.retries)
        while True:
            try:
                return steps.run(step, arguments, self)
            except steps.StepError as failure:
                delay = retries.delay_after(failure.kind)
                if delay is None:
                    raise
            if self._stopping.wait(delay):
                raise steps.StepStoppedError
            with self.region.lock:
                self.step_records[step.name]["AttemptCount"] += 1

    def _finish(self) -> None:
        failed = [name for name, outcome in self._ended.items() if outcome is Outcome.FAILED]
        if failed:
            reason = f"Step failure: One or multiple steps failed: {', '.join(sorted(failed))}."
            self._change("Failed", FailureReason=reason, PipelineExecutionFailureReason=reason)
        else:
            self._change("Stopped" if self.is_stopping() else "Succeeded")
        self.finished.set()

    def _variable(self, name: str) -> str:
        arn = str(self.record["PipelineExecutionArn"])
        pipeline_arn = str(self.record["PipelineArn"])
        variables = {
            "PipelineExecutionArn": arn,
            "PipelineExecutionId": self.execution_id,
            "PipelineArn": pipeline_arn,
            "PipelineName": pipeline_arn.rsplit("/", 1)[-1],
            "StartDateTime": self.record["CreationTime"].isoformat(),
            "CurrentDateTime": now().isoformat(),
        }
        return str(variables[name])

    def _property_file(self, step: str, name: str) -> str:
        declared = self.definition.steps[step].property_files[name]
        outputs = self._properties[step]["ProcessingOutputConfig"]["Outputs"]
        for output in outputs:
            if output["OutputName"] == declared["OutputName"]:
                uri = f"{output['S3Output']['S3Uri'].rstrip('/')}/{declared['FilePath']}"
                return read_text(self.client("s3"), uri)
        raise UnresolvableError(f"PropertyFile {name}: step {step} has no output {declared['OutputName']}")

    def _change(self, status: str, **changes: Any) -> None:
        with self.region.lock:
            previous = self.record["PipelineExecutionStatus"]
            if previous == "Stopping" and status == "Executing":
                return
            self.record.update(changes, PipelineExecutionStatus=status, LastModifiedTime=now())
        announcements.execution_changed(self.record, previous)

    def _change_step(self, step: Step, status: str, **changes: Any) -> None:
        with self.region.lock:
            fresh = {
                "StepName": step.name,
                "StepDisplayName": step.display_name,
                "StepDescription": step.description,
            }
            record = self.step_records.setdefault(step.name, fresh)
            previous = record.get("StepStatus")
            record.update({k: v for k, v in changes.items() if v is not None}, StepStatus=status)
        announcements.step_changed(self.record, step, record, previous)

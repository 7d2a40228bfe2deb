"""What batch transform does with the bytes of an object: records, requests of several, results beside inputs."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local.sagemaker.json_path import JsonPath, NothingFoundError

Batch = tuple[int, list[bytes]]
MEGABYTE = 1 << 20
_LEAVES_ALL = "$"


class RecordError(Exception):
    """A record or an answer that cannot be worked with; `str()` says which and what to do."""


def records_of(content: bytes, split: str) -> list[bytes]:
    """Return the records of an object: its lines, or the whole of it."""
    if split != "Line":
        return [content]
    return [line.removesuffix(b"\r") for line in content.removesuffix(b"\n").split(b"\n")]


def batches(records: Sequence[bytes], strategy: str, most_bytes: float) -> Iterator[Batch]:
    """Yield (number of the first record, records) of each request; RecordError for a record that is too large."""
    batch: list[bytes] = []
    first, size = 1, 0
    for number, record in enumerate(records, start=1):
        if len(record) > most_bytes:
            raise RecordError(
                f"record {number} has {len(record) / MEGABYTE:.1f} MB, more than MaxPayloadInMB. Raise it, or make "
                "records of lines: SplitType Line."
            )
        if batch and (strategy == "SingleRecord" or size + len(record) + 1 > most_bytes):
            yield first, batch
            batch, first, size = [], number, 0
        batch.append(record)
        size += len(record) + 1
    if batch:
        yield first, batch


def is_csv(content_type: str) -> bool:
    """Return whether records are lines of CSV; else they are JSON."""
    return content_type.partition(";")[0].strip() == "text/csv"


class Processing:
    """DataProcessing of a job: what of each record the model gets, and what of both is kept."""

    def __init__(self, given: Mapping[str, str], content_type: str, accept: str) -> None:
        self._input = JsonPath(given.get("InputFilter") or _LEAVES_ALL)
        self._output = JsonPath(given.get("OutputFilter") or _LEAVES_ALL)
        self.is_joined = given.get("JoinSource", "None") == "Input"
        self._reads_csv = is_csv(content_type)
        self._writes_csv = is_csv(accept or content_type)

    @property
    def splits_answers(self) -> bool:
        """Whether each record's answer is looked at by itself."""
        return self.is_joined or not self._output.is_all

    def request(self, first: int, records: Sequence[bytes]) -> bytes:
        """Return the body of a request; RecordError for a record that the filter cannot be applied to."""
        if self._input.is_all:
            return b"\n".join(records)
        kept = []
        for number, record in enumerate(records, start=first):
            try:
                kept.append(_write(self._input.find(_read(record, self._reads_csv)), self._reads_csv))
            except (ValueError, NothingFoundError) as error:
                raise RecordError(f"record {number}: InputFilter {self._input.text}: {error}") from error
        return b"\n".join(kept)

    def results(self, first: int, records: Sequence[bytes], answer: bytes) -> list[bytes]:
        """Return what is stored of an answer, by record where records are looked at; RecordError where they differ."""
        if not self.splits_answers:
            return [answer.removesuffix(b"\n")]
        lines = [answer] if len(records) == 1 else answer.removesuffix(b"\n").split(b"\n")
        if len(lines) != len(records):
            raise RecordError(
                f"records {first} to {first + len(records) - 1}: the model answered {len(lines)} lines to "
                f"{len(records)} records. With JoinSource or OutputFilter it must answer a line to each; or use "
                "SingleRecord."
            )
        found = []
        for number, (record, line) in enumerate(zip(records, lines, strict=True), start=first):
            try:
                output = _read(line, self._writes_csv)
                joined = self._joined(record, output) if self.is_joined else output
                found.append(_write(self._output.find(joined), self._writes_csv))
            except (ValueError, NothingFoundError) as error:
                raise RecordError(f"record {number}: OutputFilter {self._output.text}: {error}") from error
        return found

    def _joined(self, record: bytes, output: Any) -> Any:
        given = _read(record, self._reads_csv)
        if self._reads_csv:
            return [*given, *output]
        if isinstance(given, dict):
            return {**given, "SageMakerOutput": output}
        return {"SageMakerInput": given, "SageMakerOutput": output}


def _read(record: bytes, as_csv: bool) -> Any:
    text = record.decode()
    return next(csv.reader([text]), []) if as_csv else json.loads(text)


def _write(value: Any, as_csv: bool) -> bytes:
    if not as_csv:
        return json.dumps(value, ensure_ascii=False).encode()
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(value if isinstance(value, list) else [value])
    return line.getvalue().encode()


def assemble(results: Sequence[bytes], assemble_with: str) -> bytes:
    """Return the content of an output object."""
    return b"".join(result + b"\n" for result in results) if assemble_with == "Line" else b"".join(results)

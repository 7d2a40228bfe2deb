"""Two variants compared: from the objects in the bucket to a verdict, and nothing lost on the way unsaid."""

from __future__ import annotations

import io
import json
import sys
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.schema import Endpoint
from ops import __main__ as commands
from ops.compare import commands as compare_commands
from ops.compare.compare import compare, pair_of
from ops.compare.comparison import Comparison
from ops.compare.ground_truth import write
from ops.compare.predictions import DEFAULT, Pointer
from ops.compare.since import since_release
from ops.compare.store import Store, captured_to
from ops.session import OpsError
from tests.ops.conftest import Client, Deployed, repeatable
from tests.ops.hosted import NOW, Hosted, package, token

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
SCALING = {"min": 1, "max": 2, "target": 4}


class Bucket(Client):
    """The data bucket. Keys sort as S3's do."""

    def __init__(self, deployed: Deployed) -> None:
        self.objects: dict[str, tuple[str, datetime]] = {}
        deployed.clients["s3"] = self
        deployed.stacks["data"] = {"Outputs": [{"OutputKey": "DataBucket", "OutputValue": "bucket"}]}

    def list_objects_v2(self, Bucket: str, Prefix: str, StartAfter: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "bucket"
        keys = sorted(key for key in self.objects if key.startswith(Prefix) and key > StartAfter)
        return {"Contents": [{"Key": key, "LastModified": self.objects[key][1]} for key in keys]}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": io.BytesIO(self.objects[Key][0].encode())}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        self.objects[Key] = (Body.decode(), NOW)

    def captured(self, variant: str, *lines: str, hour: str = "2026/03/01/11", seen: datetime = NOW) -> None:
        key = f"capture/ashlar-dev-reviews/{variant}/{hour}/{len(self.objects):04}.jsonl"
        self.objects[key] = ("".join(f"{line}\n" for line in lines), seen)

    def labelled(self, *lines: str, seen: datetime = NOW) -> None:
        key = f"ground-truth/ashlar-dev-reviews/2026/03/01/12/{len(self.objects):04}.jsonl"
        self.objects[key] = ("".join(f"{line}\n" for line in lines), seen)


def answer(key: str, *labels: int, minutes: int = 0, event: str | None = None) -> str:
    body = json.dumps({"predictions": [{"label": its} for its in labels]})
    output = {"observedContentType": "application/json", "mode": "OUTPUT", "data": body, "encoding": "JSON"}
    time = (START + timedelta(hours=1, minutes=minutes)).isoformat()
    metadata = {"eventId": event or f"event-{key}", "inferenceId": key, "inferenceTime": time}
    return json.dumps({"captureData": {"endpointOutput": output}, "eventMetadata": metadata, "eventVersion": "0"})


def settings(**changes: Any) -> Endpoint:
    variant = {"model": "reviews", "scaling": SCALING}
    well: dict[str, Any] = {
        "variants": {
            "linear": {**variant, "candidate": "linear", "weight": 90},
            "xgboost": {**variant, "candidate": "xgboost", "weight": 10},
        },
        "capture": {"percent": 100},
    }
    return Endpoint.model_validate({**well, **changes})


@pytest.fixture
def bucket(deployed: Deployed) -> Bucket:
    return Bucket(deployed)


def compared(deployed: Deployed, endpoint: Endpoint | None = None, **changes: Any) -> Comparison:
    its = {
        "destination": "s3://bucket/capture/",
        "since": START,
        "pointer": Pointer(DEFAULT),
        "metric": "accuracy",
        "alpha": 0.05,
        **changes,
    }
    return compare(Store(deployed, "reviews"), endpoint or settings(), ("linear", "xgboost"), **its)


def fill(bucket: Bucket, linear: float, xgboost: float, requests: int) -> None:
    """Requests of one instance each, right with these probabilities; all are labelled 1."""
    source = repeatable(3)
    for variant, right in (("linear", linear), ("xgboost", xgboost)):
        keys = [f"{variant}-{number}" for number in range(requests)]
        bucket.captured(variant, *(answer(key, 1 if source.random() < right else 0) for key in keys))
        bucket.labelled(*(write(key, "1") for key in keys))


@pytest.mark.parametrize(
    ("linear", "xgboost", "expected"), [(0.6, 0.9, "better"), (0.9, 0.6, "worse"), (0.8, 0.81, "not yet")]
)
def should_say_which_variant_is_better(
    deployed: Deployed, bucket: Bucket, linear: float, xgboost: float, expected: str
) -> None:
    fill(bucket, linear, xgboost, 600)
    found = compared(deployed)
    assert found.verdict == expected
    assert (found.champion.requests, found.challenger.requests, sum(found.problems.values())) == (600, 600, 0)
    assert found.champion.mean == pytest.approx(linear, abs=0.06)
    assert found.interval.low <= xgboost - linear <= found.interval.high


def should_score_a_request_of_several_instances_as_one(deployed: Deployed, bucket: Bucket) -> None:
    """Instances of one request are no independent observations."""
    bucket.captured("linear", answer("a", 1, 0, 1, 1))
    bucket.labelled(write("a", "1,1,1,0"))
    found = compared(deployed)
    assert (found.champion.requests, found.champion.instances, found.champion.mean) == (1, 4, 0.5)


def should_count_whatever_cannot_be_used(deployed: Deployed, bucket: Bucket) -> None:
    bucket.captured("linear", answer("a", 1), "{", answer("b", 1), answer("twice", 1), answer("twice", 0, minutes=1))
    bucket.captured("linear", answer("early", 1, minutes=-90), answer("pair", 1, 0), answer("both", 1))
    bucket.captured("xgboost", answer("both", 0), answer("c", 0))
    bucket.labelled(write("a", "1"), write("a", "1"), write("twice", "1"), write("pair", "1"), write("both", "1"))
    bucket.labelled(write("c", "1"), "[]", write("nobody", "1"))
    bucket.labelled(write("c", "0"), seen=NOW + timedelta(hours=1))
    found = compared(deployed)
    assert found.problems == {
        "the line is no JSON": 1,
        "the line is no JSON object": 1,
        "ground truth given twice, counted once": 1,
        "ground truth corrected by a later one": 1,
        "ground truth of none of these answers": 1,
        "without ground truth so far": 1,
        "answered again under the same id, the first counts": 1,
        "answered before the comparison begins": 1,
        "ground truth for another number of instances": 1,
        "answered by both variants, left out": 1,
    }
    # a and the first of `twice` were right, and c by its corrected label.
    assert (found.champion.requests, found.champion.mean) == (2, 1.0)
    assert (found.challenger.requests, found.challenger.mean) == (1, 1.0)


def should_add_to_what_was_seen_before_and_never_reorder_it(deployed: Deployed, bucket: Bucket) -> None:
    """A label that comes late is a late observation, however early its request was."""
    bucket.captured("linear", answer("late", 0), *(answer(f"l{n}", 1, minutes=n) for n in range(1, 50)))
    bucket.captured("xgboost", *(answer(f"x{n}", 1, minutes=n) for n in range(1, 50)))
    bucket.labelled(*(write(f"{arm}{n}", "1") for arm in "lx" for n in range(1, 50)))
    before = compared(deployed)
    bucket.labelled(write("late", "1"), seen=NOW + timedelta(days=1))
    after = compared(deployed)
    assert list(after.looks[:-1]) == list(before.looks)
    assert after.looks[-1].requests == 99


def should_read_only_from_the_hour_on(deployed: Deployed, bucket: Bucket) -> None:
    bucket.captured("linear", "not even looked at", hour="2026/03/01/09")
    bucket.captured("linear", answer("a", 1), hour="2026/03/01/10")
    assert compared(deployed).problems == {"without ground truth so far": 1}


def should_pair_a_shadows_answers_with_the_variants(deployed: Deployed, bucket: Bucket) -> None:
    shadow = {"name": "xgboost", "model": "reviews", "candidate": "xgboost", "sampling_percent": 50}
    variants = {"linear": {"model": "reviews", "candidate": "linear", "scaling": SCALING}}
    keys = [f"k{n}" for n in range(300)]
    bucket.captured("linear", *(answer(key, n % 2) for n, key in enumerate(keys)), answer("alone", 1))
    bucket.captured("xgboost", *(answer(key, 1) for key in keys))
    bucket.labelled(*(write(key, "1") for key in keys), write("alone", "1"))
    found = compared(deployed, settings(variants=variants, shadow=shadow))
    assert found.verdict == "better"
    assert (found.champion.requests, found.challenger.requests) == (300, 300)
    assert found.problems == {"answered by one of the two, left out": 1}


def should_conclude_nothing_from_nothing(deployed: Deployed, bucket: Bucket) -> None:
    found = compared(deployed)
    assert (found.verdict, found.interval.low, found.interval.high) == ("not yet", -1.0, 1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"metric": "luck"}, "'luck' is not known. Use one of: accuracy"), ({"alpha": 1.0}, "is no probability of error")],
)
def should_refuse_what_is_no_question(
    deployed: Deployed, bucket: Bucket, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(OpsError, match=message):
        compared(deployed, **changes)


@pytest.mark.parametrize(
    ("champion", "challenger", "expected"),
    [
        (None, None, ("linear", "xgboost")),
        ("xgboost", None, ("xgboost", "linear")),
        (None, "linear", ("xgboost", "linear")),
        ("linear", "xgboost", ("linear", "xgboost")),
    ],
)
def should_take_the_heaviest_for_the_champion(
    champion: str | None, challenger: str | None, expected: tuple[str, str]
) -> None:
    assert pair_of(settings(), champion, challenger) == expected


@pytest.mark.parametrize(
    ("changes", "champion", "challenger", "message"),
    [
        ({}, "other", None, "no variant 'other'. It has: linear, xgboost"),
        ({}, "linear", "linear", "Name two to compare"),
        ({"variants": {"linear": {"model": "m", "candidate": "c", "scaling": SCALING}}}, None, None, "Name two"),
        ({"variants": {"linear": {"model": "m", "candidate": "c", "scaling": SCALING}}}, None, "linear", "Name two"),
        ({"capture": None}, None, None, "captures nothing: declare `capture"),
    ],
)
def should_ask_which_two(changes: dict[str, Any], champion: str | None, challenger: str | None, message: str) -> None:
    with pytest.raises(OpsError, match=message):
        pair_of(settings(**changes), champion, challenger)


def should_begin_where_the_last_rollout_that_held_ended(deployed: Deployed) -> None:
    hosted = Hosted(deployed)
    assert since_release(deployed, "reviews") == NOW
    for minutes, end in ((0, "UPDATE_COMPLETE"), (60, "UPDATE_ROLLBACK_COMPLETE")):
        changed = [("stack", "UPDATE_IN_PROGRESS", ""), ("endpoint", "UPDATE_IN_PROGRESS", ""), ("stack", end, "")]
        hosted.operation(token(package("linear", 2)), *changed, minutes=minutes)
    assert since_release(deployed, "reviews") == NOW + timedelta(minutes=2)
    hosted.endpoint = {}
    with pytest.raises(OpsError, match="does not exist yet"):
        since_release(deployed, "reviews")


def should_look_where_the_live_endpoint_writes(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    hosted = Hosted(deployed)
    config = {"EnableCapture": True, "DestinationS3Uri": "s3://bucket/capture"}
    monkeypatch.setattr(hosted, "describe_endpoint_config", lambda **_: {"DataCaptureConfig": config})
    assert captured_to(deployed, "reviews") == "s3://bucket/capture"
    config["EnableCapture"] = False
    with pytest.raises(OpsError, match="reviews captures nothing yet: deploy it"):
        captured_to(deployed, "reviews")


def ask(monkeypatch: pytest.MonkeyPatch, deployed: Deployed, *arguments: str) -> int:
    deployed.platform = deployed.platform.model_copy(update={"endpoints": {"reviews": settings()}})
    monkeypatch.setattr(compare_commands, "open_endpoint", lambda name, endpoint, factor: deployed)
    monkeypatch.setattr(compare_commands, "captured_to", lambda environment, endpoint: "s3://bucket/capture")
    monkeypatch.setattr(sys, "argv", ["ops", *arguments])
    try:
        return commands.main()
    except SystemExit as done:
        return int(done.code or 0)


def should_print_the_verdict_and_draw_the_picture(
    deployed: Deployed,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    fill(bucket, 0.6, 0.9, 600)
    bucket.captured("linear", "{")
    image = tmp_path / "difference.svg"
    arguments = ("compare", "reviews", "--since", "2026-03-01T10:00", "--picture", str(image))
    assert ask(monkeypatch, deployed, *arguments) == 0
    said = capsys.readouterr().out
    assert "Verdict: xgboost is better than linear" in said
    assert "1 x the line is no JSON" in said
    svg = ElementTree.fromstring(image.read_text("utf-8"))  # noqa: S314 # written a line above
    drawn = next(svg.iter("{http://www.w3.org/2000/svg}polygon")).attrib["points"].split()
    assert len(drawn) > 100
    for x, y in (point.split(",") for point in drawn):
        assert 0 <= float(x) <= 800
        assert 0 <= float(y) <= 400
    assert "href" not in image.read_text("utf-8")
    assert ask(monkeypatch, deployed, "compare", "reviews", "--since", "2026-03-01T10:00", "--json") == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "better"


def should_draw_a_picture_of_nothing(
    deployed: Deployed, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    image = tmp_path / "difference.svg"
    assert ask(monkeypatch, deployed, "compare", "reviews", "--since", "7d", "--picture", str(image)) == 0
    ElementTree.fromstring(image.read_text("utf-8"))  # noqa: S314 # written a line above
    assert "no labelled request yet" in image.read_text("utf-8")


def should_upload_labels_that_a_comparison_then_finds(
    deployed: Deployed, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("inference_id,label\na,1\n", "utf-8")
    bucket.captured("linear", answer("a", 1))
    assert ask(monkeypatch, deployed, "label", "reviews", str(file)) == 0
    (key,) = (key for key in bucket.objects if key.startswith("ground-truth/"))
    assert key.startswith("ground-truth/ashlar-dev-reviews/20")
    assert compared(deployed).champion.requests == 1


def should_read_a_line_whole_that_holds_other_separators(deployed: Deployed, bucket: Bucket) -> None:
    line = json.dumps({"text": "one\u2028two\x85three"}, ensure_ascii=False)
    bucket.captured("linear", line, line)
    found = Store(deployed, "reviews").captured("s3://bucket/capture", "linear", NOW - timedelta(hours=2))
    assert [text for text, _ in found] == [line, line]

"""serving/*/inference.py: the four functions of each candidate, on the models trained from the sample."""

import json
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.model_code.conftest import SampleRun

INSTANCES = [
    {"title": "Beautifully made", "text": "It fits like it was made for me. The fabric is soft."},
    {"title": None, "text": "A seam ripped. It smelled of chemicals. I returned it the same day."},
    {"text": "Überraschend 😀 \ud83d"},
]
BOTH = pytest.mark.parametrize("candidate", ["linear", "xgboost"])
JSON_LINES = "application/jsonlines"
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(sample_run: "SampleRun", serving_code: Callable[[str], ModuleType]) -> Ask:
    def ask(candidate: str, body: str | bytes | bytearray, content_type: str | None = "application/json") -> Any:
        code = serving_code(candidate)
        model = code.model_fn(str(sample_run.jobs.root / candidate))
        answer, answer_type = code.output_fn(code.predict_fn(code.input_fn(body, content_type), model), "*/*")
        assert answer_type == "application/json"
        return json.loads(answer)

    return ask


@BOTH
def should_answer_each_instance_with_a_label_and_probabilities(ask: Ask, candidate: str) -> None:
    answer = ask(candidate, json.dumps({"instances": INSTANCES}))
    assert set(answer) == {"predictions", "model_package"}
    assert len(answer["predictions"]) == len(INSTANCES)
    for prediction in answer["predictions"]:
        probabilities = prediction["probabilities"]
        assert list(probabilities) == ["-1", "0", "1"]
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-6)
        assert prediction["label"] == int(max(probabilities, key=lambda label: probabilities[label]))
    assert [prediction["label"] for prediction in answer["predictions"][:2]] == [1, -1]


@BOTH
def should_take_a_body_as_str_or_bytes_and_any_spelling_of_the_content_type(ask: Ask, candidate: str) -> None:
    body = json.dumps({"instances": INSTANCES})
    expected = ask(candidate, body)
    for same in (body.encode(), bytearray(body.encode())):
        assert ask(candidate, same) == expected
    for content_type in (None, "Application/JSON; charset=utf-8"):
        assert ask(candidate, body, content_type) == expected


@BOTH
def should_answer_json_lines_as_the_same_instances(
    sample_run: "SampleRun", serving_code: Callable[[str], ModuleType], ask: Ask, candidate: str
) -> None:
    """What a batch transform sends and keeps: a line out for each line in."""
    code = serving_code(candidate)
    model = code.model_fn(str(sample_run.jobs.root / candidate))
    lines = "".join(f"{json.dumps(instance)}\n" for instance in [*INSTANCES, {"text": "two\u2028lines"}])
    documents = code.input_fn(lines, JSON_LINES)
    answer, answer_type = code.output_fn(code.predict_fn(documents, model), JSON_LINES)
    assert answer_type == JSON_LINES
    assert answer.count("\n") == len(INSTANCES) + 1
    expected = ask(candidate, json.dumps({"instances": INSTANCES}))["predictions"]
    assert [json.loads(line) for line in answer.splitlines()][: len(INSTANCES)] == expected
    for body, message in (("{}\n\n", "not JSON"), ('{"text": "a"}\n{"text": ""}', r"instances\[1\]"), ("", "not JSON")):
        with pytest.raises(ValueError, match=message):
            code.input_fn(body, JSON_LINES)


@BOTH
def should_read_rows_of_title_and_text(serving_code: Callable[[str], ModuleType], candidate: str) -> None:
    read = serving_code(candidate).input_fn
    assert read(b'Lovely,Fits well.\r\n,"Too ""small"",\nsadly"\n', "text/csv; charset=utf-8") == [
        ("Lovely", "Fits well."),
        ("", 'Too "small",\nsadly'),
    ]
    for body, message in (
        (b"a,b\nc", "row 1 has 1 fields, not 2: title, text"),
        (b'a,"b', "the body is not CSV"),
        (b"\xff", "the body is not CSV"),
        (b"a, ", r"instances\[0\].text"),
        (b"", "with one instance or more"),
    ):
        with pytest.raises(ValueError, match=message):
            read(body, "text/csv")


@BOTH
def should_answer_the_same_alone_and_in_a_batch(ask: Ask, candidate: str) -> None:
    batch = ask(candidate, json.dumps({"instances": INSTANCES}))["predictions"]
    alone = [ask(candidate, json.dumps({"instances": [each]}))["predictions"][0] for each in INSTANCES]
    for one, other in zip(alone, batch, strict=True):
        assert one["label"] == other["label"]
        assert one["probabilities"] == pytest.approx(other["probabilities"])


@BOTH
def should_name_the_model_package_it_runs_as(ask: Ask, candidate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"instances": INSTANCES[:1]})
    monkeypatch.delenv("MODEL_PACKAGE", raising=False)
    assert ask(candidate, body)["model_package"] is None
    arn = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/reviews-linear/3"
    monkeypatch.setenv("MODEL_PACKAGE", arn)
    assert ask(candidate, body)["model_package"] == arn


@BOTH
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("not json", "the body is not JSON"),
        (b"\xff\xfe\xff", "the body is not JSON"),
        ("[]", 'the body must be {"instances"'),
        ('{"instances": []}', "with one instance or more"),
        ('{"instances": {"text": "a"}}', 'the body must be {"instances"'),
        ('{"instances": ["a"]}', "instances[0] must be an object with title and text, not str"),
        ('{"instances": [{"text": "a"}, {"title": "b"}]}', "instances[1].text must be a text that is not empty"),
        ('{"instances": [{"text": "a"}, {"text": null}]}', "instances[1].text"),
        ('{"instances": [{"text": " \\n"}]}', "instances[0].text"),
        ('{"instances": [{"text": 5}]}', "instances[0].text"),
        ('{"instances": [{"text": "a", "title": 5}]}', "instances[0].title must be a text or null, not int"),
    ],
)
def should_name_the_instance_at_fault(
    serving_code: Callable[[str], ModuleType], candidate: str, body: str | bytes, message: str
) -> None:
    with pytest.raises(ValueError) as raised:
        serving_code(candidate).input_fn(body, "application/json")
    assert message in str(raised.value)


@BOTH
def should_refuse_another_content_type(serving_code: Callable[[str], ModuleType], candidate: str) -> None:
    with pytest.raises(ValueError, match="content type 'text/html' is not served; send application/json"):
        serving_code(candidate).input_fn("a,b", "text/html", None)


@BOTH
def should_refuse_a_model_of_other_classes(
    serving_code: Callable[[str], ModuleType], candidate: str, tmp_path: Any
) -> None:
    (tmp_path / "classes.json").write_text("[0, 1]")
    with pytest.raises(ValueError, match="trained for classes"):
        serving_code(candidate).model_fn(str(tmp_path))


@BOTH
def should_serve_from_the_model_folder_alone_and_in_silence(sample_run: "SampleRun", candidate: str) -> None:
    folder = sample_run.jobs.root / candidate
    script = (
        "import sys; sys.path.insert(0, sys.argv[1] + '/code');"
        "import inference as i; m = i.model_fn(sys.argv[1], None);"
        'p = i.predict_fn(i.input_fn(b\'{"instances": [{"text": "soft"}]}\', \'application/json\', None), m, None);'
        "assert i.output_fn(p, 'application/json', None)[0].startswith('{\"predictions\": [{\"label\": ')"
    )
    command = [sys.executable, "-I", "-B", "-W", "error", "-c", script, str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")

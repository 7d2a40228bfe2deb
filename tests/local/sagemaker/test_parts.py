"""The small parts that need no cloud: manifests, archives, metrics, weights, the script contract, request shapes."""

from __future__ import annotations

import contextlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from local.hooks.services import Request
from local.sagemaker import condition_keys, script_mode
from local.sagemaker.errors import ApiError
from local.sagemaker.metrics import final_metrics
from local.sagemaker.restarts import Backoff
from local.sagemaker.shapes import answer, check_request
from local.sagemaker.storage import DataError, pack, parse_manifest, relative_name, split_uri, unpack
from local.sagemaker.weights import choose


def should_name_files_below_the_folder_that_a_prefix_means() -> None:
    assert relative_name("raw/batch/a/x.csv", "raw/batch/") == "a/x.csv"
    assert relative_name("raw/batch/x.csv", "raw/batch") == "x.csv"
    assert relative_name("code/abc.tar.gz", "code/abc.tar.gz") == "abc.tar.gz"
    assert relative_name("data/part-1.csv", "data/part-") == "part-1.csv"
    assert relative_name("x.csv", "") == "x.csv"


def should_list_what_a_manifest_names() -> None:
    text = json.dumps([{"prefix": "s3://b/raw/"}, "one.csv", "deep/two.csv"])
    assert parse_manifest(text) == [("s3://b/raw/one.csv", "one.csv"), ("s3://b/raw/deep/two.csv", "deep/two.csv")]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '[{"other": 1}]', '[{"prefix": "s3://b/"}]', '[{"prefix": "s3://b/"}, 3]']
)
def should_refuse_a_manifest_that_names_nothing(text: str) -> None:
    with pytest.raises(DataError, match="manifest"):
        parse_manifest(text)


def should_split_uris_of_s3_only() -> None:
    assert split_uri("s3://bucket/a/b") == ("bucket", "a/b")
    with pytest.raises(DataError, match="not an S3 URI"):
        split_uri("https://bucket/a")


def should_unpack_what_it_packed(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "code").mkdir(parents=True)
    (source / "code/inference.py").write_text("pass")
    unpack(pack(source), target)
    assert (target / "code/inference.py").read_text() == "pass"


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt"])
def should_never_unpack_outside_the_folder(tmp_path: Path, name: str) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    target = tmp_path / "deep" / "target"
    with contextlib.suppress(DataError):
        unpack(buffer.getvalue(), target)
    outside = [path for path in tmp_path.rglob("outside.txt") if target not in path.parents]
    assert not outside and not Path("/outside.txt").exists()


def should_refuse_links_that_lead_out_of_the_folder(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.addfile(link)
    with pytest.raises(DataError, match="cannot be unpacked"):
        unpack(buffer.getvalue(), tmp_path)


def should_refuse_what_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be unpacked"):
        unpack(b"plain text", tmp_path)


def should_take_the_last_number_that_a_metrics_regex_finds() -> None:
    definitions = [
        {"Name": "f1", "Regex": r"macro_f1=([0-9.]+)"},
        {"Name": "loss", "Regex": r"loss: (\S+)"},
        {"Name": "absent", "Regex": r"absent=(\d+)"},
    ]
    found = final_metrics(definitions, ["macro_f1=0.5", "loss: 1e-3", "macro_f1=0.65", "loss: none"])
    assert {metric["MetricName"]: metric["Value"] for metric in found} == {"f1": 0.65, "loss": 0.001}


def should_choose_variants_in_proportion_to_their_weights() -> None:
    weights = {"linear": 90.0, "xgboost": 10.0, "off": 0.0}
    drawn = [choose(weights, lambda n=n: n / 1000) for n in range(1000)]  # type: ignore[misc]
    assert (drawn.count("linear"), drawn.count("xgboost"), drawn.count("off")) == (900, 100, 0)


def should_give_scripts_their_hyperparameters_as_the_toolkit_does() -> None:
    given = {
        "num_round": "300",
        "name": '"reviews"',
        "plain": "text",
        "flag": "true",
        "sagemaker_program": '"train.py"',
    }
    decoded = script_mode.decode_hyperparameters(given)
    user = script_mode.user_hyperparameters(decoded)
    assert decoded["sagemaker_program"] == "train.py"
    assert script_mode.arguments(user) == [
        *("--flag", "True", "--name", "reviews", "--num_round", "300", "--plain", "text"),
    ]
    variables = script_mode.environment(Path("/job/opt/ml"), user, [{"ChannelName": "train"}, {"ChannelName": "code"}])
    assert variables["SM_CHANNEL_TRAIN"] == "/job/opt/ml/input/data/train"
    assert json.loads(variables["SM_CHANNELS"]) == ["code", "train"]
    assert variables["SM_HP_NUM_ROUND"] == "300"
    assert json.loads(variables["SM_HPS"]) == user


def _request(operation: str, body: bytes) -> Request:
    return Request(f"sagemaker:{operation}", body, {}, {})


def should_have_a_condition_key_only_for_operations_that_the_reference_lists_it_for() -> None:
    approval = b'{"ModelApprovalStatus": "Approved", "StoppingCondition": {"MaxRuntimeInSeconds": 5}}'
    keys = [condition_keys.sagemaker(_request(name, approval)) for name in ("UpdateModelPackage", "CreateTrainingJob")]
    assert keys == [{"sagemaker:ModelApprovalStatus": "Approved"}, {"sagemaker:MaxRuntimeInSeconds": 5}]
    target = Request("sagemaker:InvokeEndpoint", b"{}", {}, {"x-amzn-sagemaker-target-model": "a.tar.gz"})
    assert condition_keys.sagemaker(target) == {"sagemaker:TargetModel": "a.tar.gz"}
    inline = b'{"Tags": [{"Key": "project", "Value": "reviews"}]}'
    assert condition_keys.sagemaker(_request("InvokeEndpointAsync", inline)) == {}


def should_find_condition_keys_in_requests_of_every_form() -> None:
    job = {
        "NetworkConfig": {"EnableNetworkIsolation": True, "VpcConfig": {"Subnets": ["s"], "SecurityGroupIds": ["g"]}}
    }
    assert condition_keys.sagemaker(_request("CreateProcessingJob", json.dumps(job).encode())) == {
        "sagemaker:NetworkIsolation": "true",
        "sagemaker:VpcSubnets": ["s"],
        "sagemaker:VpcSecurityGroupIds": ["g"],
    }
    for body in (b"", b"no JSON", b"[]", b'{"VpcConfig": "x", "ProductionVariants": 3, "ResourceConfig": []}'):
        assert condition_keys.sagemaker(_request("CreateEndpointConfig", body)) == {}
    scaling = condition_keys.autoscaling(_request("RegisterScalableTarget", b'{"ServiceNamespace": "sagemaker"}'))
    assert scaling == {"application-autoscaling:service-namespace": "sagemaker"}


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({}, "'ModelName'.*must not be null"),
        ({"ModelName": "a b"}, "regular expression pattern"),
        ({"ModelName": "a" * 64}, "length less than or equal to 63"),
        ({"ModelName": "a", "Color": "red"}, "'Color' is not a member"),
        ({"ModelName": "a", "EnableNetworkIsolation": "yes"}, "must be of type boolean"),
        ({"ModelName": "a", "VpcConfig": {"Subnets": ["s"]}}, "VpcConfig.SecurityGroupIds"),
        ({"ModelName": "a", "Containers": [{"Mode": "Many"}]}, "enum value set"),
    ],
)
def should_hold_requests_to_the_services_model(params: dict[str, object], reason: str) -> None:
    with pytest.raises(ApiError, match=reason):
        check_request("CreateModel", params)


def should_answer_only_what_the_services_model_knows() -> None:
    record: dict[str, object] = {"ModelName": "m", "ModelArn": "arn", "_containers": [], "EnableNetworkIsolation": None}
    assert answer("DescribeModel", record) == {"ModelName": "m", "ModelArn": "arn"}


def should_wait_longer_before_each_restart_of_what_ends_at_once() -> None:
    backoff = Backoff()
    assert [backoff.next_delay(0.1) for _ in range(9)] == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert [backoff.next_delay(lived) for lived in (60.0, 0.1)] == [0, 1]

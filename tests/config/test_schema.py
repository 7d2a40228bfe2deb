"""What stacks read of the settings, and what editors read of the schema."""

from __future__ import annotations

import json

import pytest

from config import Platform, load_environment
from config.__main__ import main
from config.schema import Network
from tests.config.cases.case import changed
from tests.config.cases.network import A, B, existing, subnet


def platform(**changes: object) -> Platform:
    return Platform.model_validate(changed("dev", {path.replace("__", "."): value for path, value in changes.items()}))


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-west-2", "aws")],
)
def should_know_the_partition_of_a_region(region: str, partition: str) -> None:
    assert platform(region=region).partition == partition


def should_put_roles_below_the_organisations_path() -> None:
    assert platform().role_path == "/ashlar/dev/"
    assert platform(identity__role_path="/org/ml/").role_path == "/org/ml/ashlar/dev/"


def should_read_zones_and_range_of_either_kind_of_network() -> None:
    own = platform().network
    assert (str(own.cidr), own.zones) == ("10.20.0.0/16", ["eu-west-1a", "eu-west-1b", "eu-west-1c"])
    theirs = Network.model_validate(existing(B, A, subnet(3, "b", "10.60.2.0/24"))["network"])
    assert (str(theirs.cidr), theirs.zones) == ("10.60.0.0/16", ["eu-west-1b", "eu-west-1a"])
    assert theirs.internet == "none"


def should_be_secure_by_default() -> None:
    bare = load_environment("prod")
    assert bare.identity.require_mfa
    assert bare.front_door.waf
    assert bare.network.internet == "none"
    assert not bare.identity.break_glass_roles
    assert not bare.network.s3_read_buckets
    settings = changed("dev", {})
    del settings["retain_data"]
    assert Platform.model_validate(settings).retain_data


def should_show_editors_the_names_that_files_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert {"keys", "identity", "data", "audit", "tags"} <= set(schema["properties"])
    assert set(schema["$defs"]["Network"]["properties"]) == {
        "cidr",
        "availability_zones",
        "internet",
        "s3_read_buckets",
        "existing",
    }
    assert schema["properties"]["account"]["pattern"] == "^[0-9]{12}$"


def should_check_every_environment_that_ships(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.rsplit("/", 1)[1] for line in lines] == [f"{n}.yaml: ok" for n in ("dev", "local", "prod", "staging")]


def should_check_one_environment_or_files_and_not_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--environment", "dev"]) == 0
    with pytest.raises(SystemExit) as ended:
        main(["check", "--environment", "dev", "config/environments/prod.yaml"])
    assert ended.value.code == 2
    assert "give --environment or files, not both" in capsys.readouterr().err
    assert main(["check", "--environment", ""]) == 1
    assert "there is no such environment" in capsys.readouterr().err

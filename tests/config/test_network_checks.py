"""Address ranges: across environments, and for any range at all."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config import ConfigurationError, Platform, catalogue, load, load_environment
from config.checks.addresses import vpc_is_large_enough, vpc_range_is_private, vpc_range_leaves_docker_alone
from config.checks.subnets import subnets_do_not_overlap, subnets_lie_in_the_vpc
from config.schema import Network
from tests.config.cases.case import changed
from tests.config.cases.network import existing, subnet

NOWHERE = Path("dev.yaml")
# The private ranges as first and last address.
PRIVATE = [
    (0x0A000000, 0x0AFFFFFF),
    (0xAC100000, 0xAC1FFFFF),
    (0xC0A80000, 0xC0A8FFFF),
    (0x64400000, 0x647FFFFF),
]

ranges = st.builds(
    lambda address, prefix: IPv4Network((address, prefix), strict=False),
    st.one_of(st.integers(0, 2**32 - 1), *(st.integers(first - 2**16, last + 2**16) for first, last in PRIVATE)),
    st.integers(8, 28),
)


def bounds(cidr: IPv4Network) -> tuple[int, int]:
    return int(cidr.network_address), int(cidr.broadcast_address)


def over(network: Network) -> Platform:
    return load_environment("dev").model_copy(update={"network": network})


def own(cidr: IPv4Network) -> Platform:
    return over(Network(cidr=cidr, availability_zones=["eu-west-1a", "eu-west-1b"]))


def write(folder: Path, environment: str, changes: dict[str, Any]) -> Path:
    file = folder / f"{environment}.yaml"
    apart = {"identity.bootstrap_qualifier": environment}
    file.write_text(yaml.safe_dump(changed(environment, apart | changes)))
    return file


@given(ranges)
def should_take_private_ranges_and_no_others(cidr: IPv4Network) -> None:
    first, last = bounds(cidr)
    inside = any(low <= first and last <= high for low, high in PRIVATE)
    assert (not list(vpc_range_is_private(own(cidr), NOWHERE))) == inside


@given(ranges)
def should_refuse_what_touches_docker_and_nothing_else(cidr: IPv4Network) -> None:
    first, last = bounds(cidr)
    apart = last < 0xAC110000 or first > 0xAC11FFFF
    assert (not list(vpc_range_leaves_docker_alone(own(cidr), NOWHERE))) == apart


@given(ranges)
def should_offer_a_range_that_is_large_enough(cidr: IPv4Network) -> None:
    for violation in vpc_is_large_enough(own(cidr), NOWHERE):
        offered = IPv4Network(violation.fix.removeprefix("use ").removesuffix("."))
        for rule in (vpc_is_large_enough, vpc_range_is_private, vpc_range_leaves_docker_alone):
            assert not list(rule(own(offered), NOWHERE))


@given(ranges, ranges, ranges)
def should_find_subnets_that_overlap_or_lie_outside(vpc: IPv4Network, one: IPv4Network, two: IPv4Network) -> None:
    settings = existing(subnet(1, "a", str(one)), subnet(2, "b", str(two)), cidr=str(vpc))
    platform = over(Network.model_validate(settings["network"]))
    (low, high), (first, last), (start, end) = bounds(vpc), bounds(one), bounds(two)
    assert bool(list(subnets_do_not_overlap(platform, NOWHERE))) == (first <= end and start <= last)
    outside = [n for n, (a, b) in enumerate([(first, last), (start, end)]) if a < low or b > high]
    found = [violation.path for violation in subnets_lie_in_the_vpc(platform, NOWHERE)]
    assert found == [f"network.existing.subnets.{n}.cidr" for n in outside]


@given(st.text(max_size=30))
def should_read_a_range_or_say_that_it_is_none(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = write(tmp_path_factory.mktemp("cidr"), "dev", {"network.cidr": text})
    try:
        assert str(load(file).network.cidr) == text.strip()
    except ConfigurationError as error:
        assert {finding.path for finding in error.findings} == {"network.cidr"}


def should_name_the_environment_that_has_the_range_already(tmp_path: Path) -> None:
    same = {"account": "111122223333"}
    write(tmp_path, "staging", {**same, "network.cidr": "10.20.64.0/18"})
    with pytest.raises(ConfigurationError) as caught:
        load(write(tmp_path, "dev", {}))
    (finding,) = caught.value.findings
    assert (finding.rule, finding.path, finding.value) == ("CIDR-OVERLAP", "network.cidr", "10.20.0.0/16")
    assert "staging.yaml has 10.20.64.0/18" in finding.fix


def should_offer_a_range_that_no_neighbour_has(tmp_path: Path) -> None:
    write(tmp_path, "staging", {"account": "111122223333", "network.cidr": "10.20.0.0/16"})
    write(tmp_path, "prod", {"account": "111122223333", "network.cidr": "10.0.0.0/16"})
    with pytest.raises(ConfigurationError) as caught:
        load(write(tmp_path, "dev", {"network.cidr": "10.20.0.0/24"}))
    size = next(finding for finding in caught.value.findings if finding.rule == "CIDR-SIZE")
    assert size.fix == "use 10.1.0.0/16."


@pytest.mark.parametrize(
    "other",
    [
        {"network.cidr": "10.20.0.0/16"},
        {"account": "111122223333", "network.cidr": "10.21.0.0/16"},
        {
            "account": "111122223333",
            "region": "us-east-1",
            "network": {"cidr": "10.20.0.0/16", "availability_zones": ["us-east-1a", "us-east-1b"]},
        },
        {"account": "111122223333", "network": {}},
    ],
    ids=["another account", "another range", "another region", "a file with errors of its own"],
)
def should_not_mind_networks_that_never_meet(tmp_path: Path, other: dict[str, Any]) -> None:
    write(tmp_path, "staging", other)
    load(write(tmp_path, "dev", {}))


def should_let_two_environments_share_an_existing_vpc(tmp_path: Path) -> None:
    write(tmp_path, "staging", {"account": "111122223333", **existing()})
    load(write(tmp_path, "dev", existing()))
    with pytest.raises(ConfigurationError, match="CIDR-OVERLAP"):
        load(write(tmp_path, "dev", existing(vpc_id=f"vpc-{2:017x}")))


@pytest.mark.parametrize(
    "name", ["ab", "a..b", "A-bucket", "-ab", "ab-", "10.0.0.1", "xn--abc", "abc-s3alias", "abc--x-s3", "a/b", "a" * 64]
)
def should_refuse_names_that_s3_refuses(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="BUCKET-NAME"):
        load(write(tmp_path, "dev", {"network.s3_read_buckets": [name]}))


@pytest.mark.parametrize("name", ["abc", "a.b-c", "10.0.0", "a" * 63])
def should_take_names_that_s3_takes(tmp_path: Path, name: str) -> None:
    load(write(tmp_path, "dev", {"network.s3_read_buckets": [name]}))


def should_name_the_services_that_a_region_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = catalogue.endpoints()
    lacking = known.model_copy(update={"missing": {**known.missing, "eu-west-1": ["sagemaker.runtime"]}})
    monkeypatch.setattr(catalogue, "endpoints", lambda: lacking)
    with pytest.raises(ConfigurationError, match=r"ENDPOINT-REGION.*it lacks sagemaker\.runtime: use one of: ap-north"):
        load(write(tmp_path, "dev", {}))
    assert "eu-west-1" not in catalogue.regions()


def should_name_an_unknown_region_once_with_every_usable_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(write(tmp_path, "dev", {"region": "eu-wset-1"}))
    (finding,) = caught.value.findings
    assert (finding.rule, finding.path) == ("REGION-KNOWN", "region")
    assert "did you mean `eu-west-1`? use one of: " in finding.fix
    assert all(region in finding.fix for region in catalogue.regions())


def should_say_of_each_catalogue_that_lacks_a_region_how_to_add_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = {**catalogue.s3_prefix_lists(), "xx-new-1": "pl-12345678"}
    monkeypatch.setattr(catalogue, "s3_prefix_lists", lambda: lists)
    zones = {"network.availability_zones": ["xx-new-1a", "xx-new-1b"]}
    with pytest.raises(ConfigurationError) as caught:
        load(write(tmp_path, "dev", {"region": "xx-new-1", **zones}))
    fixes = {finding.rule: finding.fix for finding in caught.value.findings}
    assert set(fixes) == {"REGION-IMAGES", "ENDPOINT-REGION"}
    assert "sagemaker.core.image_uris" in fixes["REGION-IMAGES"]
    assert "describe-vpc-endpoint-services --region xx-new-1" in fixes["ENDPOINT-REGION"]
    assert all("use one of: ap-northeast-1" in fix for fix in fixes.values())


@pytest.mark.parametrize("region", catalogue.regions())
def should_deploy_to_each_region_that_it_offers(region: str, tmp_path: Path) -> None:
    zones = {"network.availability_zones": [f"{region}a", f"{region}b"]}
    assert load(write(tmp_path, "dev", {"region": region, **zones})).region == region


def should_list_regions_where_the_services_are() -> None:
    session = botocore.session.Session()
    apis = {
        "sagemaker.api": "api.sagemaker",
        "sagemaker.runtime": "runtime.sagemaker",
        "ecr.api": "api.ecr",
        "ecr.dkr": "api.ecr",
    }
    known = catalogue.endpoints()
    data = session.get_data("endpoints")["partitions"][0]["services"]
    for region, lacking in known.missing.items():
        assert set(lacking) <= set(known.services.values())
        for service in set(known.services.values()) - set(lacking):
            assert region in data[apis.get(service, service)]["endpoints"], (region, service)
    assert set(known.missing) == set(catalogue.images().accounts)


def should_give_each_environment_of_an_account_its_own_bootstrap(tmp_path: Path) -> None:
    shared = {"account": "111122223333", "network.cidr": "10.21.0.0/16", "identity.bootstrap_qualifier": "shared"}
    write(tmp_path, "staging", shared)
    load(write(tmp_path, "dev", {}))
    with pytest.raises(ConfigurationError) as caught:
        load(write(tmp_path, "dev", {"identity.bootstrap_qualifier": "shared"}))
    (finding,) = caught.value.findings
    assert (finding.rule, finding.path) == ("QUALIFIER-OWN", "identity.bootstrap_qualifier")
    assert (finding.value, "staging.yaml" in finding.fix, "such as dev" in finding.fix) == ("shared", True, True)


def should_offer_a_qualifier_that_the_cdk_takes_and_no_neighbour_has(tmp_path: Path) -> None:
    """`my-long-environment` would be `mylongenvi`, which staging has."""
    same = {"account": "111122223333"}
    write(tmp_path, "staging", {**same, "network.cidr": "10.21.0.0/16", "identity.bootstrap_qualifier": "mylongenvi"})
    write(tmp_path, "prod", {**same, "network.cidr": "10.22.0.0/16", "identity.bootstrap_qualifier": "shared"})
    ours = {"environment": "my-long-environment", "prefix": "p", "identity.bootstrap_qualifier": "shared"}
    file = tmp_path / "my-long-environment.yaml"
    file.write_text(yaml.safe_dump(changed("dev", ours)))
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    fix = next(finding.fix for finding in caught.value.findings if finding.rule == "QUALIFIER-OWN")
    assert fix.endswith("such as mylongenv2.")

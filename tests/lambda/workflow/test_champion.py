"""The champion is what serves with the most weight, of this model, on its endpoints."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from .conftest import Asked

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
ENDPOINT = "ashlar-dev-reviews"
ARN = "arn:aws:sagemaker:eu-west-1:111122223333"
NOTHING = "s3://data/processed/reviews/1/report"
EVENT: dict[str, Any] = {
    "question": "champion",
    "endpoints": [ENDPOINT],
    "groups": {"linear": "dev-reviews-linear", "xgboost": "dev-reviews-xgboost"},
    "incremental": [],
    "needed": [],
    "nothing": NOTHING,
}


def package(candidate: str, version: int = 1) -> str:
    return f"{ARN}:model-package/dev-reviews-{candidate}/{version}"


def serves(ask: Asked, endpoint: str = ENDPOINT, /, **variants: tuple[float, str | None]) -> None:
    """The endpoint runs these: variant -> weight, package of its model (None: an image of its own)."""
    described = {
        "EndpointName": endpoint,
        "EndpointArn": f"{ARN}:endpoint/{endpoint}",
        "EndpointConfigName": f"{endpoint}-config",
        "EndpointStatus": "InService",
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
        "ProductionVariants": [{"VariantName": name, "CurrentWeight": its[0]} for name, its in variants.items()],
    }
    ask.sagemaker.add_response("describe_endpoint", described, {"EndpointName": endpoint})
    if not sum(weight for weight, _ in variants.values()):
        return
    configuration = {
        "EndpointConfigName": f"{endpoint}-config",
        "EndpointConfigArn": f"{ARN}:endpoint-config/{endpoint}-config",
        "CreationTime": NOW,
        "ProductionVariants": [{"VariantName": name, "ModelName": f"model-{name}"} for name in variants],
    }
    expected = {"EndpointConfigName": f"{endpoint}-config"}
    ask.sagemaker.add_response("describe_endpoint_config", configuration, expected)
    for name, (_, its) in variants.items():
        container = {"ModelPackageName": its} if its else {"Image": "own"}
        model = {
            "ModelName": f"model-{name}",
            "ModelArn": f"{ARN}:model/model-{name}",
            "CreationTime": NOW,
            "Containers": [{"Image": "before"}, container],
        }
        ask.sagemaker.add_response("describe_model", model, {"ModelName": f"model-{name}"})


def registered(ask: Asked, *packages: str) -> None:
    """What the function looks up, in this order."""
    for its in packages:
        described = {
            "ModelPackageName": its,
            "ModelPackageArn": its,
            "CreationTime": NOW,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "InferenceSpecification": {"Containers": [{"Image": "x", "ModelDataUrl": artifact(its)}]},
        }
        ask.sagemaker.add_response("describe_model_package", described, {"ModelPackageName": its})


def artifact(package: str) -> str:
    return f"s3://artifacts/{package.rpartition('/')[2]}/{package.split('/')[1]}/model.tar.gz"


def missing(ask: Asked, endpoint: str = ENDPOINT) -> None:
    ask.sagemaker.add_client_error(
        "describe_endpoint",
        "ValidationException",
        f'Could not find endpoint "{ARN}:endpoint/{endpoint}".',
        expected_params={"EndpointName": endpoint},
    )


def should_name_the_package_with_the_most_weight_and_its_artifact(ask: Asked) -> None:
    serves(ask, linear=(10.0, package("linear", 3)), xgboost=(90.0, package("xgboost", 7)))
    registered(ask, package("xgboost", 7))
    assert ask(**EVENT) == {"package": package("xgboost", 7), "artifact": artifact(package("xgboost", 7))}


def should_compare_shares_of_several_endpoints_and_not_weights(ask: Asked) -> None:
    serves(ask, "a", linear=(50.0, package("linear")), xgboost=(50.0, package("xgboost")))
    serves(ask, "b", xgboost=(1.0, package("xgboost", 2)))
    registered(ask, package("xgboost", 2))
    assert ask(**{**EVENT, "endpoints": ["a", "b"]})["package"] == package("xgboost", 2)


def should_leave_other_models_and_images_aside(ask: Asked) -> None:
    serves(ask, own=(90.0, None), other=(80.0, f"{ARN}:model-package/dev-fraud-x/1"), linear=(1.0, package("linear")))
    registered(ask, package("linear"))
    assert ask(**EVENT)["package"] == package("linear")


def should_answer_nothing_where_no_endpoint_is_there_yet(ask: Asked) -> None:
    missing(ask)
    assert ask(**EVENT) == {"package": "none", "artifact": NOTHING}


def should_answer_nothing_while_an_endpoint_is_made(ask: Asked) -> None:
    serves(ask, linear=(0.0, None))
    assert ask(**EVENT) == {"package": "none", "artifact": NOTHING}


def should_not_take_another_refusal_for_an_endpoint_that_is_missing(ask: Asked) -> None:
    ask.sagemaker.add_client_error("describe_endpoint", "AccessDeniedException", "User is not authorized")
    with pytest.raises(Exception, match="AccessDenied"):
        ask(**EVENT)


def should_give_each_incremental_candidate_what_serves_of_itself(ask: Asked) -> None:
    serves(ask, linear=(90.0, package("linear")), xgboost=(10.0, package("xgboost", 4)))
    registered(ask, package("linear"), package("xgboost", 4))
    answer = ask(**{**EVENT, "incremental": ["xgboost"]})
    assert answer == {
        "package": package("linear"),
        "artifact": artifact(package("linear")),
        "artifact_xgboost": artifact(package("xgboost", 4)),
    }


def should_let_a_script_start_from_nothing(ask: Asked) -> None:
    missing(ask)
    assert ask(**{**EVENT, "incremental": ["xgboost"]})["artifact_xgboost"] == NOTHING


def should_say_how_an_algorithm_gets_its_first_model(ask: Asked) -> None:
    missing(ask)
    with pytest.raises(Exception, match=r"No endpoint serves candidate xgboost yet.*incremental: false"):
        ask(**{**EVENT, "incremental": ["xgboost"], "needed": ["xgboost"]})

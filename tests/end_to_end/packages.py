"""Make model packages by hand: from a good artifact, or with inference code of the test's own.

As the account's root, which no bucket policy stops here, as it would on AWS (docs/local.md).
"""

from __future__ import annotations

import io
import tarfile
from typing import Any
from urllib.parse import urlparse

from tests.end_to_end.conftest import Ashlar

GROUP = "ashlar-local-reviews-{}"


def latest(ashlar: Ashlar, candidate: str, **filters: str) -> dict[str, Any]:
    """DescribeModelPackage of a candidate's newest version. `filters`: of ListModelPackages."""
    sagemaker = ashlar.client("sagemaker")
    group = GROUP.format(candidate)
    packages = sagemaker.list_model_packages(ModelPackageGroupName=group, **filters)["ModelPackageSummaryList"]
    newest = max(packages, key=lambda package: package["ModelPackageVersion"])
    described: dict[str, Any] = sagemaker.describe_model_package(ModelPackageName=newest["ModelPackageArn"])
    return described


def register(ashlar: Ashlar, candidate: str, *, status: str, inference_code: str | None = None) -> str:
    """A new version like the newest approved one, or with `inference_code` in place of its inference.py; its ARN."""
    good = latest(ashlar, candidate, ModelApprovalStatus="Approved")
    container = dict(good["InferenceSpecification"]["Containers"][0])
    if inference_code is not None:
        container["ModelDataUrl"] = _with_code(ashlar, container["ModelDataUrl"], inference_code)
    wanted = {key: container[key] for key in ("Image", "ModelDataUrl", "Environment")}
    created = ashlar.client("sagemaker").create_model_package(
        ModelPackageGroupName=GROUP.format(candidate),
        ModelApprovalStatus=status,
        InferenceSpecification={
            "Containers": [wanted],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    )
    return str(created["ModelPackageArn"])


def _with_code(ashlar: Ashlar, url: str, code: str) -> str:
    s3 = ashlar.client("s3")
    place = urlparse(url)
    body = s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read()
    changed = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(body)) as source, tarfile.open(fileobj=changed, mode="w:gz") as target:
        for member in source.getmembers():
            content = source.extractfile(member)
            if member.name.endswith("code/inference.py"):
                content = io.BytesIO(code.encode())
                member.size = len(code.encode())
            target.addfile(member, content)
    key = place.path.lstrip("/").replace("model.tar.gz", "changed/model.tar.gz")
    s3.put_object(Bucket=place.netloc, Key=key, Body=changed.getvalue())
    return f"s3://{place.netloc}/{key}"

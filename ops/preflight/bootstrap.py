"""What `cdk bootstrap` leaves in the account, and the images that AWS publishes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from config import Platform, catalogue
from config.schema import Job, Script
from ops.checks.cloud import Cloud, UnansweredError
from ops.checks.row import Answer, Check, bad, doubtful, good

# What the app's stacks ask for (`requiresBootstrapStackVersion`), and the first whose publishing role is bound to
# buckets of its own account. CDK developer guide: bootstrap template version history.
NEEDED, BOUND_TO_ACCOUNT = 6, 21


def checks(platform: Platform) -> Iterator[Check]:
    """The toolkit's version, its bucket's key, and every image that a job uses."""
    path, qualifier = "identity.bootstrap_qualifier", platform.identity.bootstrap_qualifier
    again = f"make bootstrap ENV={platform.environment}"
    version = partial(_version, name=f"/cdk-bootstrap/{qualifier}/version", again=again)
    yield Check(
        "bootstrap version",
        f"{NEEDED}, better {BOUND_TO_ACCOUNT} or newer",
        path,
        qualifier,
        "BOOTSTRAP-VERSION",
        version,
    )
    alias = f"alias/cdk-{qualifier}-assets-key"
    bucket = f"cdk-{qualifier}-assets-{platform.account}-{platform.region}"
    key = partial(_asset_key, alias=alias, bucket=bucket, again=again)
    yield Check("asset bucket's key", alias, path, qualifier, "BOOTSTRAP-KEY", key)
    for name, place in _images(platform).items():
        ask = partial(_image, uri=catalogue.images().uri(name, platform.region))
        yield Check(f"image {name}", "published", place, name, "IMAGE-PUBLISHED", ask)


def _images(platform: Platform) -> dict[str, str]:
    """Image -> the first setting that names it."""
    found: dict[str, str] = {}
    for name, model in platform.models.items():
        jobs: dict[str, Job | Script] = {"processing": model.processing, "evaluation": model.evaluation}
        jobs |= {f"candidates.{key}": its.script for key, its in model.candidates.items() if its.image}
        for place, job in jobs.items():
            found.setdefault(job.image, f"models.{name}.{place}.image")
    return found


def _version(cloud: Cloud, name: str, again: str) -> Answer:
    found = cloud.find("ssm", "get_parameter", Name=name)
    if not found:
        return bad("not bootstrapped", f"the parameter {name} does not exist.", f"{again}.")
    version = int(found["Parameter"]["Value"])
    if version < NEEDED:
        return bad(version, f"the app's stacks need version {NEEDED}.", f"{again}.")
    if version < BOUND_TO_ACCOUNT:
        return doubtful(version, "assets may be published to a bucket of another account.", f"{again}.")
    return good(version)


def _asset_key(cloud: Cloud, alias: str, bucket: str, again: str) -> Answer:
    """Jobs decrypt their code with the key of this alias; AWS's own key has no policy that could let them."""
    encryption = cloud.find("s3", "get_bucket_encryption", Bucket=bucket)
    if not encryption:
        return bad("no bucket", f"the bucket {bucket} does not exist, or is not encrypted by default.", f"{again}.")
    default = encryption["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    key = cloud.find("kms", "describe_key", KeyId=alias)
    if not key:
        return bad("no key", "the asset bucket has no customer key of this alias.", f"{again}.")
    metadata = key["KeyMetadata"]
    found = default.get("KMSMasterKeyID", default["SSEAlgorithm"])
    if found != metadata["KeyId"] and not found.endswith((f":key/{metadata['KeyId']}", alias)):
        return bad(found, "the asset bucket is encrypted with another key.", f"{again}.")
    if metadata["KeyManager"] != "CUSTOMER" or metadata["KeyState"] != "Enabled":
        return bad(
            f"{metadata['KeyManager']}, {metadata['KeyState']}", "it must be a customer key, enabled.", f"{again}."
        )
    return good("customer key")


def _image(cloud: Cloud, uri: str) -> Answer:
    host, _, path = uri.partition("/")
    repository, _, tag = path.partition(":")
    registry = host.split(".")[0]
    image = [{"imageTag": tag}]
    found = cloud.find("ecr", "batch_get_image", registryId=registry, repositoryName=repository, imageIds=image)
    if found is None:
        # Said of AWS's registry it would be final, but an endpoint that knows only the caller's says it as well.
        raise UnansweredError("ecr:BatchGetImage", f"no repository {repository} in registry {registry}")
    if not found["images"]:
        return bad("absent", f"{uri} does not exist.", "name a published version in config/catalogue/images.yaml.")
    return good(tag)

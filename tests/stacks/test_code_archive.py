"""Equal files give equal bytes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

import aws_cdk as cdk

from stacks.constructs.code_archive import CodeArchive, archive
from stacks.values.account import Account
from stacks.values.assets import Assets
from stacks.values.image_repository import ImageRepository


def should_give_the_same_bytes_for_the_same_files(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, names in ((one, ("a.py", "b.py")), (two, ("b.py", "a.py"))):
        folder.mkdir()
        for name in names:
            (folder / name).write_text(name)
        (folder / "__pycache__").mkdir()
        (folder / "__pycache__" / f"{folder.name}.pyc").write_text(folder.name)
    os.utime(two / "a.py", (0, 0))
    (two / "a.py").chmod(0o600)
    assert archive(one) == archive(two)


def should_hold_the_scripts_and_nothing_that_no_job_runs() -> None:
    with tarfile.open(fileobj=io.BytesIO(archive(Path("model_code/reviews")))) as tar:
        names = tar.getnames()
    assert {"preprocess.py", "train_linear.py", "evaluate.py", "serving/linear/inference.py"} <= set(names)
    assert names == sorted(names)
    assert not [name for name in names if "pycache" in name or name in ("README.md", "api.yaml", "sample.py")]


def should_change_with_a_files_content(tmp_path: Path) -> None:
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text(name)
    assert archive(tmp_path / "1") != archive(tmp_path / "2")


def should_name_the_repository_that_a_role_may_pull_from() -> None:
    image = ImageRepository("141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0")
    assert image.arn == "arn:aws:ecr:eu-west-1:141502667606:repository/sagemaker-xgboost"


def should_upload_the_archive_that_the_jobs_are_pointed_to(tmp_path: Path) -> None:
    """And its key does not depend on the compressor: it is the hash of what is inside."""
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Code", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    folder = Path("model_code/reviews")
    code = CodeArchive(
        stack, folder=folder, account=Account("aws", "111122223333", "eu-west-1"), assets=Assets(tmp_path, "hnb659fds")
    )
    app.synth()
    (digest,) = json.loads((tmp_path / "Code.assets.json").read_text())["files"].keys() - _templates(tmp_path)
    asset = json.loads((tmp_path / "Code.assets.json").read_text())["files"][digest]
    (destination,) = asset["destinations"].values()
    assert digest == hashlib.sha256(archive(folder)).hexdigest()
    assert code.uri == f"s3://{destination['bucketName']}/{destination['objectKey']}"
    assert code.file.key_alias == "alias/cdk-hnb659fds-assets-key"
    with tarfile.open(tmp_path / asset["source"]["path"]) as tar:
        assert "preprocess.py" in tar.getnames()


def _templates(assembly: Path) -> set[str]:
    files = json.loads((assembly / "Code.assets.json").read_text())["files"]
    return {digest for digest, file in files.items() if file["source"]["path"].endswith(".template.json")}

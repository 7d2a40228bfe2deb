"""The scan of a model's artifact: what a malicious or careless training job could put into it is named and refused."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import pickle  # what is looked for
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scan import main, scan

from tests.conftest import ROOT

MEGABYTE = 1024 * 1024
SAFE = {"model.ubj": b"{L\x00\x00", "code/inference.py": b"def model_fn(folder): ...\n", "classes.json": b"[-1, 0, 1]"}


class Bomb:
    """What a malicious pickle does when it is loaded."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("loaded",))


PICKLES = {protocol: pickle.dumps(Bomb(), protocol=protocol) for protocol in range(6)}


def manifest(files: dict[str, bytes]) -> bytes:
    entries = {name: {"sha256": hashlib.sha256(b).hexdigest(), "bytes": len(b)} for name, b in files.items()}
    return json.dumps({"files": entries}).encode()


def write(folder: Path, files: dict[str, bytes], *more: tarfile.TarInfo) -> None:
    """A candidate's model.tar.gz with these files, and members that are no files."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for info in more:
            tar.addfile(info)


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., str]:
    """The reason why an artifact with these files is refused; nothing where it is not. It has a manifest that fits."""

    def scanned(files: dict[str, bytes], *more: tarfile.TarInfo, max_mb: int = 1) -> str:
        write(tmp_path / "models/linear", {**files, "manifest.json": manifest(files)}, *more)
        _, reasons = scan(tmp_path / "models", max_mb * MEGABYTE, ["linear"])
        return " ".join(reasons)

    return scanned


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def should_pass_what_the_models_own_scripts_write(refused: Callable[..., str]) -> None:
    numbers = npz(coefficients=np.eye(3), words=np.array(["soft", "warm"]))
    assert refused({**SAFE, "linear.npz": numbers, "terms.npy": numbers}) == ""


@pytest.mark.parametrize("protocol", range(6))
def should_find_a_pickle_of_every_protocol_whatever_it_is_called(refused: Callable[..., str], protocol: int) -> None:
    for name in ("weights.bin", "readme.txt", "code/inference.py", "no_suffix"):
        reason = refused({**SAFE, name: PICKLES[protocol]})
        assert reason.startswith(f"Candidate linear: {name} is a pickle, which runs code when it is loaded.")
        assert "Save JSON" in reason


@pytest.mark.parametrize("suffix", [".pkl", ".PKL", ".pickle", ".joblib", ".pt", ".pth", ".dill", ".sav"])
def should_refuse_a_pickles_name_whatever_is_inside(refused: Callable[..., str], suffix: str) -> None:
    assert f"model{suffix} has the name of a pickle" in refused({f"model{suffix}": b"nothing"})


@pytest.mark.parametrize(
    ("pack", "said"),
    [
        (lambda b: zipped("archive/data.pkl", b), "archive/data.pkl has the name"),
        (lambda b: zipped("archive/data", b), "archive/data is a pickle"),
        (gzip.compress, "(unpacked) is a pickle"),
        (bz2.compress, "(unpacked) is a pickle"),
        (lzma.compress, "(unpacked) is a pickle"),
        (zlib.compress, "(unpacked) is a pickle"),
        (lambda b: gzip.compress(zipped("inside", gzip.compress(b))), "is a pickle"),
        (lambda b: b"\x04\x22\x4d\x18" + b, "compressed with LZ4"),
        (lambda b: gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(b))))), "layers"),
    ],
)
def should_look_into_what_is_packed(refused: Callable[..., str], pack: Callable[[bytes], bytes], said: str) -> None:
    """PyTorch's own format is a zip with a pickle in it, joblib's compressed one a stream."""
    assert said in refused({"weights": pack(PICKLES[4])})


def should_find_arrays_of_objects(refused: Callable[..., str]) -> None:
    objects = np.array([{"a": 1}, None], dtype=object)
    alone = io.BytesIO()
    np.save(alone, objects, allow_pickle=True)
    fields = io.BytesIO()
    np.save(fields, np.zeros(2, dtype=[("x", "<f8"), ("y", "O")]), allow_pickle=True)
    for content in (alone.getvalue(), fields.getvalue(), npz(fine=np.eye(2), bad=objects)):
        assert "array of objects" in refused({"terms.npy": content})


def should_take_no_text_for_a_pickle(refused: Callable[..., str]) -> None:
    texts = [
        b"",
        b".",
        b"N.",
        b"I1\n.",
        b"code of\nconduct\n",
        b"The end.\n",
        b"(lp0\n.",
        b"x\x9c but no stream",
        b"\x1f\x8bno",
    ]
    assert refused({f"text{n}.txt": text for n, text in enumerate(texts)}) == ""


@given(st.binary(max_size=300))
def should_say_pass_or_refused_of_any_bytes_and_never_fail(content: bytes) -> None:
    from contents import refuse_pickles
    from refused import RefusedError

    try:
        refuse_pickles("any", io.BytesIO(content), MEGABYTE)
    except RefusedError as reason:
        assert "any" in str(reason)


@given(st.recursive(st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=5))
def should_find_every_pickle_that_calls_something(value: object) -> None:
    from contents import refuse_pickles
    from refused import RefusedError

    for protocol in range(6):
        with pytest.raises(RefusedError):
            refuse_pickles("any", io.BytesIO(pickle.dumps([value, Bomb()], protocol=protocol)), MEGABYTE)


@pytest.mark.parametrize("name", ["../outside.py", "/etc/passwd", "code/../../outside.py", "code\\..\\outside.py"])
def should_refuse_paths_that_lead_outside(refused: Callable[..., str], name: str) -> None:
    reason = refused({name: b"x"})
    assert "would be unpacked outside of the model's folder" in reason
    assert "Use relative paths" in reason


@pytest.mark.parametrize(
    ("kind", "said"),
    [(tarfile.SYMTYPE, "a symbolic link"), (tarfile.LNKTYPE, "a hard link"), (tarfile.FIFOTYPE, "no file")],
)
def should_refuse_links_and_devices(refused: Callable[..., str], kind: bytes, said: str) -> None:
    link = tarfile.TarInfo("code/secrets")
    link.type, link.linkname = kind, "/etc/passwd"
    assert f"code/secrets is {said}" in refused(SAFE, link)


def should_refuse_a_file_that_is_there_twice(refused: Callable[..., str]) -> None:
    assert "./model.ubj" not in SAFE
    reason = refused({"model.ubj": b"{", "./model.ubj": b"["})
    assert "model.ubj is there twice" in reason


def should_refuse_an_artifact_above_the_limit_and_name_the_setting(refused: Callable[..., str]) -> None:
    noise = np.random.default_rng(7).bytes(2 * MEGABYTE)
    reason = refused({"weights": noise})
    assert "model.tar.gz has 3 MB, and 1 are allowed" in reason
    assert "scan.max_artifact_mb" in reason
    assert refused({"weights": noise}, max_mb=3) == ""


def should_refuse_a_small_archive_that_fills_a_disk(refused: Callable[..., str]) -> None:
    assert "unpacks to more than 10 MB" in refused({"zeros": bytes(11 * MEGABYTE)})
    assert "unpacks to more than the model may" in refused({"zeros": gzip.compress(bytes(11 * MEGABYTE))})
    assert "unpacks to more than the model may" in refused({"z": zipped("zeros", bytes(11 * MEGABYTE))})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model.ubj": b"{changed"}, "model.ubj is not what manifest.json says"),
        ({"added.py": b"import os"}, "added.py is in the archive but not in manifest.json"),
        ({"classes.json": None}, "classes.json is in manifest.json but not in the archive"),
        ({"manifest.json": None}, "manifest.json is missing"),
        ({"manifest.json": b"[]"}, "manifest.json is no manifest"),
        ({"manifest.json": b'{"files": {"model.ubj": 3}}'}, "manifest.json is no manifest"),
        ({"manifest.json": b"{"}, "manifest.json is no manifest"),
    ],
)
def should_hold_the_archive_to_its_manifest(tmp_path: Path, change: dict[str, bytes | None], said: str) -> None:
    files = {**SAFE, "manifest.json": manifest(SAFE), **change}
    write(tmp_path / "linear", {name: content for name, content in files.items() if content is not None})
    (reason,) = scan(tmp_path, MEGABYTE, ["linear"])[1]
    assert said in reason
    assert "Train again" in reason or "write it last" in reason


def should_ask_for_a_manifest_only_where_one_is_written(tmp_path: Path) -> None:
    write(tmp_path / "builtin", {"model_algo-1": b"\x00\x01numbers"})
    found, reasons = scan(tmp_path, MEGABYTE, ["linear"])
    assert (reasons, found["builtin"]["files"]) == ([], 1)


@pytest.mark.parametrize(
    "content", [b"", b"no archive", gzip.compress(b"no tar")[:-3]], ids=["empty", "not compressed", "cut short"]
)
def should_refuse_a_damaged_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "linear").mkdir()
    (tmp_path / "linear/model.tar.gz").write_bytes(content)
    (reason,) = scan(tmp_path, MEGABYTE, ["linear"])[1]
    assert "no sound .tar.gz" in reason or "manifest.json is missing" in reason


def should_name_every_candidate_that_is_refused_and_report_the_others(tmp_path: Path) -> None:
    for name, files in {"a": {"x.pkl": b""}, "b": SAFE, "c": {"y.pt": b""}}.items():
        write(tmp_path / "models" / name, {**files, "manifest.json": manifest(files)})
    (tmp_path / "models/d").mkdir()
    found, reasons = scan(tmp_path / "models", MEGABYTE, ["b"])
    assert list(found) == ["b"]
    assert [reason.split(":")[0] for reason in reasons] == ["Candidate a", "Candidate c", "Candidate d"]
    assert "model.tar.gz is missing" in reasons[-1]


def should_fail_the_job_with_the_reason_where_sagemaker_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SM_OUTPUT_DIR", str(tmp_path / "output"))
    write(tmp_path / "models/linear", {"weights.bin": PICKLES[0]})
    job = ["--models-dir", str(tmp_path / "models"), "--output-dir", str(tmp_path / "scan")]
    job += ["--max-artifact-mb", "1", "--with-manifest", "linear"]
    assert main(job) == 1
    assert "weights.bin is a pickle" in (tmp_path / "output/message").read_text()
    assert json.loads((tmp_path / "scan/scan.json").read_text())["refused"]
    write(tmp_path / "models/linear", {**SAFE, "manifest.json": manifest(SAFE)})
    assert main(job) == 0
    report = json.loads((tmp_path / "scan/scan.json").read_text())
    digest = hashlib.sha256((tmp_path / "models/linear/model.tar.gz").read_bytes()).hexdigest()
    assert report["artifacts"]["linear"]["sha256"] == digest


def should_fail_where_there_is_nothing_to_scan(tmp_path: Path) -> None:
    assert scan(tmp_path / "none", MEGABYTE, [])[1] == [
        f"{tmp_path / 'none'} holds no candidate's folder: there is nothing to scan."
    ]


def should_run_with_pythons_own_library_alone(tmp_path: Path) -> None:
    write(tmp_path / "models/linear", {**SAFE, "manifest.json": manifest(SAFE)})
    script = ROOT / "platform_code/scan/scan.py"
    job = ["--models-dir", str(tmp_path / "models"), "--output-dir", str(tmp_path / "scan")]
    job += ["--max-artifact-mb", "1", "--with-manifest", "linear"]
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys, runpy; sys.path.insert(0, {str(script.parent)!r}); "
            f"sys.argv = {['scan.py', *job]!r}; runpy.run_path({str(script)!r}, run_name='__main__')",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, "scanned linear" in done.stdout) == (0, True), done.stderr

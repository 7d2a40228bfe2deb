"""A model.tar.gz, unpacked without trusting it: nothing outside its folder, and no pickle."""

import tarfile
import zlib
from pathlib import Path

from job import fail

PICKLE_SUFFIXES = {".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".pth", ".bin", ".sav"}
PICKLE_STARTS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))  # whatever the file is called


def unpack(owner: str, archive: Path, folder: Path) -> None:
    """Fails the job, naming `owner`, if the archive is damaged, leads outside or holds a pickle."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            tar.extractall(folder, filter="data")  # refuses paths and links that lead outside
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        fail(f"{owner}: {archive} cannot be unpacked ({error}). It must be a gzipped tar of the model folder.")
    _refuse_pickles(owner, folder)


def _refuse_pickles(owner: str, folder: Path) -> None:
    """Loading a pickle runs whatever code is in it, so no model may carry one."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as stream:
            is_pickle = stream.read(2).startswith(PICKLE_STARTS)
        if is_pickle or path.suffix.lower() in PICKLE_SUFFIXES:
            inside = path.relative_to(folder).as_posix()
            fail(f"{owner}: {inside} is a pickle, which can run code when loaded. Save JSON, .npy or UBJ.")

"""The job scripts as SageMaker starts them: processes with SM_* variables, on the generated sample."""

import importlib.util
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from job import JobError

SCRIPTS = Path(__file__).parents[2] / "model_code" / "reviews"
CANDIDATES = ("linear", "xgboost")


@dataclass(frozen=True)
class Jobs:
    """Runs the scripts in a folder of their own; each folder of the pipeline has a name here."""

    root: Path

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def splits(self) -> Path:
        return self.root / "splits"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def champion(self) -> Path:
        return self.root / "champion"

    def start(self, script: str, *arguments: object, **variables: object) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SM_")}
        environment |= {"SM_OUTPUT_DIR": str(self.output), "SM_NUM_CPUS": "1"}
        environment |= {key: str(value) for key, value in variables.items()}
        command = [sys.executable, str(SCRIPTS / script), *map(str, arguments)]
        return subprocess.run(command, env=environment, cwd=self.root, capture_output=True, text=True, check=False)

    def run(self, script: str, *arguments: object, **variables: object) -> str:
        """What the job prints; fails the test if the job fails or grumbles."""
        result = self.start(script, *arguments, **variables)
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout

    def preprocess(self, source: Path, *arguments: object) -> str:
        return self.run("preprocess.py", "--input-dir", source, "--output-dir", self.splits, *arguments)

    def channels(self, candidate: str) -> dict[str, Path]:
        return {
            "SM_CHANNEL_TRAIN": self.splits / "train",
            "SM_CHANNEL_VALIDATION": self.splits / "validation",
            "SM_MODEL_DIR": self.root / candidate,
        }

    def archive(self, candidate: str) -> Path:
        return self.models / candidate / "model.tar.gz"

    def train(self, candidate: str, *arguments: object) -> str:
        """Trains, and archives the model as SageMaker does."""
        log = self.run(f"train_{candidate}.py", *arguments, **self.channels(candidate))
        archive = self.archive(candidate)
        archive.parent.mkdir(parents=True)
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(self.root / candidate, arcname=".")
        return log

    def evaluation(self) -> list[object]:
        places = {"--test-dir": self.splits / "test", "--models-dir": self.models, "--champion-dir": self.champion}
        return [*(part for pair in places.items() for part in pair), "--output-dir", self.root]

    def failure(self) -> str:
        """The reason SageMaker would show, the same for training and processing jobs."""
        reason = (self.output / "failure").read_text(encoding="utf-8")
        assert (self.output / "message").read_text(encoding="utf-8") == reason
        return reason


@dataclass(frozen=True)
class SampleRun:
    """One pass through the pipeline: the jobs' folders and logs."""

    jobs: Jobs
    logs: dict[str, str]


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path)


@pytest.fixture
def refusal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Why a script's main refuses; in this process, which spares a second of imports per case."""

    def refusal(main: Callable[[], None], *arguments: object, **variables: object) -> str:
        monkeypatch.setattr(sys, "argv", ["script", *map(str, arguments)])
        for name in ("SM_MODEL_DIR", "SM_CHANNEL_TRAIN", "SM_CHANNEL_VALIDATION", "SM_CHANNEL_MODEL"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        with pytest.raises(JobError) as raised:
            main()
        return str(raised.value)

    return refusal


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> SampleRun:
    jobs = Jobs(tmp_path_factory.mktemp("sample"))
    logs = {
        "sample": jobs.run("sample.py", "--out", jobs.root / "raw" / "sample.csv"),
        "preprocess": jobs.preprocess(jobs.root / "raw"),
    }
    with ThreadPoolExecutor() as pool:  # as in the pipeline: candidates train side by side
        logs |= zip(CANDIDATES, pool.map(jobs.train, CANDIDATES), strict=True)
    logs["evaluate"] = jobs.run("evaluate.py", *jobs.evaluation())
    return SampleRun(jobs, logs)


@pytest.fixture
def serving_code() -> Callable[[str], ModuleType]:
    """A candidate's inference.py under a name of its own, since both are called `inference`."""

    def load(candidate: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(
            f"inference_of_{candidate}", SCRIPTS / "serving" / candidate / "inference.py"
        )
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their module up there
        spec.loader.exec_module(module)
        return module

    return load

"""One instance of a training job: its /opt/ml, what the container is given there, and the command that it runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local import stand_ins
from local.sagemaker import channels, script_mode
from local.sagemaker.channels import Pipe
from local.sagemaker.children import Child, state_folder
from local.sagemaker.jobs import JobError, JobFolder
from local.sagemaker.logs import LogStream
from local.sagemaker.roles import RoleSession
from local.sagemaker.script_mode import Cluster
from local.sagemaker.storage import download_archive, unpack

Record = Mapping[str, Any]
DEFAULT_CHECKPOINTS = "/opt/ml/checkpoints"
_FOLDERS = ("input/config", "input/data", "model", "output/data", "code")


class TrainingHost:
    """One of a job's instances; `record` is the job's, and `log` its stream."""

    def __init__(self, record: Record, session: RoleSession, cluster: Cluster, log: LogStream) -> None:
        self.cluster = cluster
        self.log = log
        self._record = record
        self._session = session
        self._pipes: list[Pipe] = []
        self.folder = JobFolder(record["TrainingJobName"])
        for name in _FOLDERS:
            (self.folder.opt_ml / name).mkdir(parents=True)
        if record.get("CheckpointConfig"):
            self.checkpoints.mkdir(parents=True)

    @property
    def name(self) -> str:
        """The host's name, such as algo-1."""
        return self.cluster.current

    @property
    def checkpoints(self) -> Path:
        """Where the container writes checkpoints."""
        local_path = self._record.get("CheckpointConfig", {}).get("LocalPath", DEFAULT_CHECKPOINTS)
        return self.folder.inside(local_path)

    def fetch(self) -> None:
        """Write the configuration and fetch the channels; DataError where one cannot be had."""
        default = self._record["AlgorithmSpecification"]["TrainingInputMode"]
        given = self._channels()
        config = self.folder.opt_ml / "input/config"
        script_mode.write_configuration(config, self._hyperparameters(), given, default, self.cluster)
        s3, data = self._session.client("s3"), self.folder.opt_ml / "input/data"
        place = (self.cluster.index, len(self.cluster.hosts))
        for channel in given:
            if channels.input_mode(channel, default) == "Pipe":
                self._pipes.append(Pipe(s3, channel, data, *place))
            else:
                channels.fetch(s3, channel, data / channel["ChannelName"], *place)

    @property
    def problem(self) -> str | None:
        """What went wrong with data on their way through a pipe."""
        return next((pipe.problem for pipe in self._pipes if pipe.problem), None)

    def start(self) -> Child:
        """Start the container's process."""
        command, folder = self._command()
        return Child(command, environment=self._environment(), folder=folder, write_line=self.log.write)

    def remove(self) -> None:
        """Leave no file, and no process."""
        for pipe in self._pipes:
            pipe.close()
        self.folder.remove()

    def _channels(self) -> list[Any]:
        return list(self._record.get("InputDataConfig", []))

    def _hyperparameters(self) -> Mapping[str, str]:
        return dict(self._record.get("HyperParameters", {}))

    def _command(self) -> tuple[list[str], Path]:
        """Return the words of the command and the folder it runs in."""
        specification = self._record["AlgorithmSpecification"]
        entrypoint = specification.get("ContainerEntrypoint", [])
        if entrypoint:
            words = [*entrypoint, *specification.get("ContainerArguments", [])]
            return self.folder.rewrite_all(words), self.folder.opt_ml / "code"
        decoded = script_mode.decode_hyperparameters(self._hyperparameters())
        if "sagemaker_program" in decoded:
            return self._script(decoded), self.folder.opt_ml / "code"
        image = specification["TrainingImage"]
        stand_in = stand_ins.find(state_folder(), image)
        if stand_in is None:
            raise JobError(f"ClientError: nothing runs in the place of {image} any more.")
        # SageMaker runs `docker run IMAGE train`, and gives the container the arguments of the job, if any, instead.
        words = [*stand_in.command, *(specification.get("ContainerArguments") or ["train"])]
        return self.folder.rewrite_all(words), Path(stand_in.folder)

    def _script(self, hyperparameters: Mapping[str, Any]) -> list[str]:
        code = self._code(str(hyperparameters["sagemaker_submit_directory"]))
        script = code / str(hyperparameters["sagemaker_program"])
        if not script.is_file():
            found = ", ".join(sorted(path.name for path in code.iterdir())[:10]) or "nothing"
            raise JobError(
                f"AlgorithmError: sagemaker_program {script.name} is not in sagemaker_submit_directory, which holds "
                f"{found}. Name the script as it is in the archive."
            )
        arguments = script_mode.arguments(script_mode.user_hyperparameters(hyperparameters))
        return ["python3", str(script), *self.folder.rewrite_all(arguments)]

    def _code(self, submit_directory: str) -> Path:
        """Return the folder of the user's code; an archive, local or in S3, is unpacked into /opt/ml/code."""
        target = self.folder.opt_ml / "code"
        if submit_directory.startswith("s3://"):
            download_archive(self._session.client("s3"), submit_directory, target)
            return target
        path = self.folder.inside(submit_directory)
        if path.is_dir():
            return path
        if not path.is_file():
            raise JobError(
                f"ClientError: sagemaker_submit_directory {submit_directory} does not exist in the job. Is there a "
                "channel that brings it?"
            )
        unpack(path.read_bytes(), target)
        return target

    def _environment(self) -> dict[str, str]:
        user = script_mode.user_hyperparameters(script_mode.decode_hyperparameters(self._hyperparameters()))
        contract = script_mode.environment(self.folder.opt_ml, user, self._channels(), self.cluster)
        own = {"TRAINING_JOB_NAME": self._record["TrainingJobName"], "TRAINING_JOB_ARN": self._record["TrainingJobArn"]}
        return self.folder.environment(self._session, {**self._record.get("Environment", {}), **contract, **own})

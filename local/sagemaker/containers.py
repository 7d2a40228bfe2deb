"""The containers of a model: each one's files, and the processes that stand for it."""

import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import stand_ins
from local.sagemaker import images
from local.sagemaker.children import Child, ShutdownError, state_folder
from local.sagemaker.container_process import ContainerProcess
from local.sagemaker.jobs import JobFolder
from local.sagemaker.logs import LogStream
from local.sagemaker.roles import RoleSession
from local.sagemaker.state import now
from local.sagemaker.storage import DataError, download_archive
from local.stand_ins import StandIn

Record = dict[str, Any]
OpenLog = Callable[[str], LogStream]
_SERVER = Path(__file__).with_name("model_server.py")


class ContainerError(Exception):
    """The container cannot be started; `str()` is the endpoint's FailureReason."""


class Container:
    """One container of one variant. Its files are fetched once and shared by the processes of all instances."""

    def __init__(self, definition: Record, *, position: int, is_only: bool, owner: str, variant: str) -> None:
        self.name = "primary" if is_only else definition.get("ContainerHostname") or f"container-{position}"
        self._definition = definition
        self._position = position
        self._variant = variant
        self._folder = JobFolder(owner)

    @property
    def image(self) -> Record | None:
        """The image as DescribeEndpoint shows it."""
        image = self._definition.get("Image")
        return {"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": now()} if image else None

    def fetch(self, session: RoleSession, seconds: float) -> None:
        """Fetch the model with its role, within `seconds`; ContainerError where that cannot be done."""
        url = self._definition.get("ModelDataUrl")
        self._model_folder.mkdir(parents=True, exist_ok=True)
        if not url:
            return
        try:
            download_archive(session.client("s3"), url, self._model_folder, deadline=time.monotonic() + seconds)
        except (ClientError, BotoCoreError, DataError) as error:
            raise ContainerError(
                f'Failed to download model data for container "container_{self._position}" of production variant '
                f'{self._variant} from URL "{url}". Please ensure that there is an object located at the URL and that '
                f"the role passed to CreateModel has permissions to download the object. {error}"
            ) from error

    def start(self, session: RoleSession, open_log: OpenLog) -> ContainerProcess:
        """Start a process of the container; ContainerError where there is nothing to run."""
        given = self._definition.get("Environment", {})
        environment = self._folder.environment(session, given)
        environment["SAGEMAKER_BASE_DIR"] = str(self._folder.opt_ml)
        if self._definition.get("ModelDataUrl"):
            environment["SM_MODEL_DIR"] = str(self._model_folder)
        stand_in = self._stand_in()
        try:
            if stand_in:
                return self._run(stand_in, environment, open_log)
            code, program = self._script()
            return self._serve(code, program, environment, open_log)
        except (ShutdownError, DataError, OSError) as error:
            raise ContainerError(f"Container {self.name} of production variant {self._variant}: {error}") from error

    def check(self) -> None:
        """Raise ContainerError where there is nothing to run, without running anything."""
        if not self._stand_in():
            self._script()

    def remove(self) -> None:
        """Remove the container's files."""
        self._folder.remove()

    @property
    def _model_folder(self) -> Path:
        return self._folder.opt_ml / "model"

    def _stand_in(self) -> StandIn | None:
        return stand_ins.find(state_folder(), self._definition["Image"])

    def _script(self) -> tuple[Path, str]:
        """Return the folder and the file name of the inference script; ContainerError where the image serves none."""
        given = self._definition.get("Environment", {})
        image, program = self._definition["Image"], given.get("SAGEMAKER_PROGRAM") or "inference.py"
        submitted = (given.get("SAGEMAKER_SUBMIT_DIRECTORY") or "/opt/ml/model/code").removeprefix("file://")
        if submitted.startswith("s3://"):
            raise ContainerError(
                f"Production variant {self._variant}: SAGEMAKER_SUBMIT_DIRECTORY {submitted} is not supported by the "
                "local cloud. Carry the inference code inside model.tar.gz under code/."
            )
        code = self._folder.inside(submitted)
        if not images.runs_inference_scripts(image):
            why = f"{image} is not one of AWS's framework images"
        elif not (code / program).is_file():
            why = f"its model data has no {submitted}/{program}"
        else:
            return code, program
        raise ContainerError(
            f"Container {self.name} of production variant {self._variant} cannot run: {why}, and the local cloud runs "
            f"no images. Say what runs in its place: {stand_ins.usage(state_folder(), image)}"
        )

    def _run(self, stand_in: StandIn, environment: dict[str, str], open_log: OpenLog) -> ContainerProcess:
        """Start what stands for the image. It listens by itself, so its port is free now and not kept for it."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = int(listener.getsockname()[1])
        command = self._folder.rewrite_all(stand_in.command)
        return self._start(command, environment, Path(stand_in.folder), port, open_log)

    def _serve(self, code: Path, program: str, environment: dict[str, str], open_log: OpenLog) -> ContainerProcess:
        """Start a model server. It listens before it runs: no port can be taken in between."""
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
            port, fd = int(listener.getsockname()[1]), listener.fileno()
            options = ["--listen", str(fd), "--model", str(self._model_folder), "--code", str(code)]
            command = [sys.executable, "-P", str(_SERVER), *options, "--program", program]
            return self._start(command, environment, self._model_folder, port, open_log, inherited=[fd])

    def _start(
        self,
        command: Sequence[str],
        environment: dict[str, str],
        folder: Path,
        port: int,
        open_log: OpenLog,
        inherited: Sequence[int] = (),
    ) -> ContainerProcess:
        log = open_log(self.name)
        try:
            child = Child(
                command,
                environment={**environment, "SAGEMAKER_BIND_TO_PORT": str(port)},
                folder=folder,
                write_line=log.write,
                inherited=inherited,
            )
        except BaseException:
            log.close()
            raise
        return ContainerProcess(self.name, child, port, log)


def of(model: Record, *, owner: str, variant: str) -> list[Container]:
    """Return the containers of a model in the order that a request passes them."""
    definitions = model["_containers"]
    is_only = len(definitions) == 1
    return [
        Container(definition, position=position, is_only=is_only, owner=owner, variant=variant)
        for position, definition in enumerate(definitions, start=1)
    ]

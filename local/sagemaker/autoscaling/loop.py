"""The thread in which registered variants are scaled: it sleeps until something is due or was changed."""

import logging
import threading
import time

from local import hooks
from local.sagemaker.autoscaling import alarms, records
from local.sagemaker.autoscaling.controller import Controller
from local.sagemaker.state import current_region

Key = tuple[str, str, str]
_LOG = logging.getLogger(__name__)
# A schedule may be days away; the clock may be set, and a laptop may sleep meanwhile.
_LONGEST_SECONDS = 60.0


class Loop:
    """The thread, started when the first variant is registered."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._woken = False
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._controllers: dict[Key, Controller] = {}

    def wake(self) -> None:
        """Look at every target now."""
        with self._changed:
            self._woken = True
            if self._thread is None and not self._stopping:
                alarms.install()
                self._thread = threading.Thread(target=self._run, name="application-autoscaling", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def stop(self) -> None:
        """Scale nothing any more."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._woken = False
            due = self._visit_all()
            wait = None if due is None else min(max(0.0, due - time.time()), _LONGEST_SECONDS)
            with self._changed:
                self._changed.wait_for(lambda: self._woken or self._stopping, wait)
                if self._stopping:
                    return

    def _visit_all(self) -> float | None:
        """Visit every registered variant, and return when the first of them is due again."""
        visited: dict[Key, Controller] = {}
        due: list[float] = []
        for account, name, target in records.all_targets():
            key = (account, name, str(target.resource_id))
            with hooks.acting_in(account, name):
                known = self._controllers.get(key)
                if known is None or known.target is not target:
                    known = Controller(current_region(), target, time.time())
                visited[key] = known
                due += self._visit(key, known)
        self._controllers = visited
        return min(due, default=None)

    def _visit(self, key: Key, controller: Controller) -> list[float]:
        try:
            again = controller.visit(time.time())
        except Exception:  # a fault of ours with one target must not end the scaling of the others
            _LOG.exception("scaling of %s", key)
            return [time.time() + _LONGEST_SECONDS]
        return [] if again is None else [again]


LOOP = Loop()

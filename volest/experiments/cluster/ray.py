"""Ray, which starts processes on the machines of a cluster: the only place that knows it."""

import os
import socket
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from volest import __version__
from volest.config.cluster import ClusterConfig
from volest.errors import ConfigError, RunError
from volest.experiments.cluster.cluster import Cluster, Ended
from volest.experiments.cluster.news import News
from volest.experiments.cluster.piece import Errand

GRACE_S = 15.0
"""In which a cancelled errand ends by itself: a step of a training is not cut short."""

KNOCK_S = 5.0

SETTINGS = {
    "RAY_NUM_REDIS_GET_RETRIES": "1",  # looks at a head that answers but is none, each of some 40 s
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # lines about lost machines, which it writes to standard output
}
"""Of Ray in this process, read when it is imported."""


@contextmanager
def joined(address: str, config: ClusterConfig) -> Iterator[Cluster]:
    """The cluster at `address`; left at the end, and whatever still runs there for this process is ended.

    Args:
        address: HOST:PORT of the head, or auto for the one that this machine belongs to.
        config: what each piece of work takes.

    Raises:
        ConfigError: Ray is not installed, or `address` is none.
        RunError: nobody answers there, or with another version of Ray.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError:
        raise ConfigError(
            "--cluster needs Ray, which is not installed here. `pip install 'volest[ray]'`, on every machine of the "
            "cluster the same version; or leave `--cluster` out."
        ) from None
    _knock(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level="CRITICAL", configure_logging=False)
    except (ConnectionError, RuntimeError, ValueError, OSError, ImportError, TimeoutError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise RunError(
            f"--cluster {address}: {reason}. Start the head with `ray start --head --port=6379` and make this machine "
            "one of the cluster with `ray start --address=HOST:6379` (`--num-cpus=0` keeps work off it)."
        ) from None
    try:
        yield Cluster(_RayMachines(config), config)
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Ask whether anybody is there: Ray itself waits for minutes before it says that nobody is."""
    if address == "auto":
        return
    host, colon, port = address.rpartition(":")
    if "/" in address or not (colon and host and port.isdecimal()):
        raise ConfigError(
            f"--cluster {address!r}: expected HOST:PORT of the head (6379 unless started with another), or auto, "
            "on a machine of the cluster: the records must be seen from it."
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), KNOCK_S).close()
    except (OSError, OverflowError) as error:
        raise RunError(
            f"--cluster {address}: nobody answers ({getattr(error, 'strerror', None) or error}). Is the head up (`ray "
            "status` on it), and may this machine reach the port? `ray start --head --port=6379` starts one."
        ) from None


class _Board:
    """An actor: holds news until they are taken."""

    def __init__(self) -> None:
        self.news: list[News] = []

    def put(self, item: News) -> None:
        self.news.append(item)

    def take(self) -> list[News]:
        taken, self.news = self.news, []
        return taken


def porter() -> Callable[[bytes, str, Any], Any]:
    """The function that machines run. Ray sends it as code, for it must speak where there is no volest, or another."""

    def carry(parcel: bytes, version: str, board: Any) -> Any:
        """Do the errand; an error that the user can mend is a result, and so is a sentence on why it cannot be done."""
        import pickle
        import socket

        host = socket.gethostname()
        try:
            import volest

            if volest.__version__ != version:
                return f"{host} has volest {volest.__version__}, the command was given with {version}"
            from volest.errors import VolestError
            from volest.experiments.cluster.errand import run_errand

            try:
                errand = pickle.loads(parcel)
            except AttributeError as error:
                return f"{host} has another volest of the same version: {error}"
            run_errand(errand, lambda item: board.put.remote(item))  # nobody waits for it: no news stops no work
        except ImportError as error:
            return f"{host} cannot do the work: {error}"
        except (VolestError, OSError) as error:
            return error
        return None

    return carry


class _RayMachines:
    """Errands as Ray tasks, one resource claim each. Ray itself repeats none: what is lost is told, then sent again."""

    def __init__(self, config: ClusterConfig) -> None:
        import ray
        from ray import cloudpickle
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
        self.ray, self.config, self.pack = ray, config, cloudpickle.dumps
        claim = {"num_cpus": config.cpus, **({"num_gpus": config.gpus} if config.gpus else {})}
        self.carry = ray.remote(porter()).options(max_retries=0, scheduling_strategy="SPREAD", **claim)
        board = ray.remote(_Board).options(num_cpus=0, max_restarts=-1, scheduling_strategy=here)
        self.board = board.remote()
        self.asked: Any = None
        self.under_way: list[Any] = []

    def send(self, errand: Errand) -> Hashable:
        """Begin it where there is room."""
        reference = self.carry.remote(self.pack(errand), __version__, self.board)
        self.under_way.append(reference)
        return reference

    def ended(self, wait_s: float) -> Sequence[Ended]:
        """Those that have ended."""
        done, self.under_way = self.ray.wait(self.under_way, num_returns=1, timeout=wait_s)
        return [self._end(reference) for reference in done]

    def _end(self, reference: Any) -> Ended:
        exceptions = self.ray.exceptions
        try:
            error = self.ray.get(reference)
        except exceptions.OutOfMemoryError:
            return Ended(reference, "its machine ran out of memory, and Ray ended it")
        except exceptions.WorkerCrashedError:
            return Ended(reference, "its process was ended from outside, or its machine was lost")
        except (exceptions.NodeDiedError, exceptions.ObjectLostError):
            return Ended(reference, "its machine was lost")
        if isinstance(error, str):
            raise RunError(
                f"{error.rstrip('.')}. Install the same volest, with `pip install 'volest[ray]'`, in the environment "
                "in which `ray start` is called on each machine of the cluster."
            )
        if error is not None:
            raise error
        return Ended(reference)

    def news(self) -> Sequence[News]:
        """What was told; a board that was lost with its machine begins anew."""
        taken: list[News] = []
        if self.asked is not None and self.ray.wait([self.asked], timeout=0)[0]:
            with suppress(self.ray.exceptions.RayError):
                taken = self.ray.get(self.asked)
            self.asked = None
        if self.asked is None:
            self.asked = self.board.take.remote()
        return taken

    def cancel(self) -> None:
        """Ctrl-C in each process; after a grace those that do not hear it are killed."""
        left = self.under_way
        for is_forced, wait_s in ((False, GRACE_S), (True, KNOCK_S)):
            for reference in left:
                self.ray.cancel(reference, force=is_forced)
            if left:
                _, left = self.ray.wait(left, num_returns=len(left), timeout=wait_s)
        self.under_way = []

    def room(self) -> int:
        """By the resources of all machines that are there now."""
        rooms = []
        for node in self.ray.nodes():
            if node["Alive"]:
                there, claim = node["Resources"], {"CPU": self.config.cpus, "GPU": self.config.gpus}
                rooms.append(min(int(there.get(name, 0) // each) for name, each in claim.items() if each))
        return sum(rooms)

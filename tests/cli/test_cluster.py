"""Folds, workers of a search and shards of scans on a Ray cluster of two nodes, one of which is killed in mid-work."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from volest.experiments.cluster.cluster import DRIVER_LOCK
from volest.records.lock import locked, owner_of

ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # Ray then keeps to 127.0.0.1
    "RAY_health_check_initial_delay_ms": "500",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "8",  # a killed node refuses at once, a busy machine answers late
    "OMP_NUM_THREADS": "1",
}
NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "node_ip_address": "127.0.0.1"}
MOST_S = 240.0


@pytest.fixture(scope="module", autouse=True)
def _loopback():
    """Before Ray is imported."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def head():
    """A node of one core, and all nodes that tests add to it."""
    pytest.importorskip("ray", reason="the extra volest[ray] is not installed")
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    started = [process.process.pid for kind in nodes.head_node.all_processes.values() for process in kind]
    yield nodes
    nodes.shutdown()
    wait_for(lambda: not any(map(is_alive, started)))


@pytest.fixture
def second(head):
    """A second node, which the test may kill."""
    node = head.add_node(**NODE)
    yield node
    if node in head.worker_nodes:
        head.remove_node(node, allow_graceful=False)


@pytest.fixture
def volest(tmp_path):
    """Start `volest ARGUMENTS` as a process of its own."""
    started = []

    def start(*arguments):
        out = tmp_path / f"out_{len(started)}.txt"
        line = [sys.executable, "-m", "volest", *map(str, arguments)]
        with out.open("w") as file:
            started.append(subprocess.Popen(line, stdout=file, stderr=file, cwd=tmp_path))
        started[-1].said = out.read_text
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def settings(tiny_yaml):
    return "-c", tiny_yaml, "--set", "split.folds=6", "--set", "training.epochs=9", "--set", "training.pictures=0"


@pytest.fixture(scope="module")
def undisturbed(command, settings, tmp_path_factory):
    """The run without a cluster."""
    run = tmp_path_factory.mktemp("undisturbed") / "run"
    outcome = command("cv", *settings, "--set", f"run.directory={run}", "-q")
    assert outcome.status == 0, outcome.stderr
    return run


def is_alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(look, process=None):
    """The first result of `look` that is one; it may be a fault only after the process has ended."""
    until = time.monotonic() + MOST_S
    while not (found := look()):
        assert time.monotonic() < until, process and process.said()
        assert process is None or process.poll() is None, process.said()
        time.sleep(0.05)
    return found


def worker_on(node, owners):
    """Process that holds one of the locks, and its lock, if the raylet of the node has started it."""
    [raylet] = (kind[0].process.pid for name, kind in node.all_processes.items() if name == "raylet")
    for owner in owners:
        try:
            worker = int(re.match(r"process (\d+)", owner.read_text())[1])
            parent = int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, TypeError):
            continue
        if parent == raylet:
            return worker, owner
    return None


def lose(head, node, worker):
    """The machine is gone, and with it what it worked on."""
    head.remove_node(node, allow_graceful=False)
    if is_alive(worker):
        os.kill(worker, signal.SIGKILL)


def end_of(process):
    assert process.wait(MOST_S) == 0, process.said()
    said = process.said()
    assert "Traceback" not in said
    assert "raylet" not in said
    return said


@pytest.mark.slow
def test_folds_of_a_killed_node_go_on_elsewhere_and_nothing_is_lost(
    head, second, volest, settings, undisturbed, tmp_path
):
    run = tmp_path / "run"
    process = volest("cv", *settings, "--set", f"run.directory={run}", "--cluster", head.address)

    def in_mid_fold():
        begun = [path.parents[1].name for path in run.glob("fold_*/checkpoints/last.ckpt")]
        return worker_on(second, [owner_of(run / f".{fold}.lock") for fold in begun])

    worker, owner = wait_for(in_mid_fold, process)
    lose(head, second, worker)
    lost = run / owner.name.split(".")[1]
    before = pd.read_csv(lost / "history.csv")
    assert not (lost / "predictions.csv").exists()
    said = end_of(process)
    assert f"{lost.name.replace('_', ' ')}: its" in said
    assert "retry 1 of 3" in said
    after = pd.read_csv(lost / "history.csv")
    assert len(before) < len(after) == 9
    pd.testing.assert_frame_equal(before[:-1], after[: len(before) - 1])  # seconds too: nothing was trained again
    for name in ("predictions.csv", "metrics.json", "intervals.json", "baselines.csv"):
        assert (run / name).read_bytes() == (undisturbed / name).read_bytes(), name
    for fold in range(6):
        for name in ("model.safetensors", "predictions.csv", "novelty.csv"):
            assert (run / f"fold_{fold}" / name).read_bytes() == (undisturbed / f"fold_{fold}" / name).read_bytes()


@pytest.mark.slow
def test_a_search_whose_node_is_killed_finds_the_same(head, second, command, volest, tiny_yaml, tmp_path):
    space = tmp_path / "space.yaml"
    space.write_text("training.learning_rate: {kind: float, low: 0.0003, high: 0.003, log: true}")
    epochs = ("--set", "training.epochs=9", "--set", "training.pictures=0")
    line = (
        "tune",
        space,
        "--trials",
        4,
        "--inner-folds",
        2,
        "--sampler",
        "random",
        "--pruner",
        "none",
        "-c",
        tiny_yaml,
    )
    here, there = tmp_path / "here" / "search", tmp_path / "there" / "search"
    assert command(*line, *epochs, "--out", here, "-q").status == 0
    process = volest(*line, *epochs, "--out", there, "--cluster", head.address)

    def in_mid_fold():
        begun = list(there.glob("trials/*/fold_*/checkpoints/last.ckpt"))
        return worker_on(second, [owner_of(path.parents[2] / f".{path.parents[1].name}.lock") for path in begun])

    worker, _ = wait_for(in_mid_fold, process)
    lose(head, second, worker)
    said = end_of(process)
    assert "its machine was lost" in said or "ended from outside" in said
    tables = [pd.read_csv(folder / "trials.csv") for folder in (here, there)]
    assert tables[1].attempts.sum() == tables[0].attempts.sum() + 1
    of_chance = ["attempts", *(name for name in tables[0] if "seconds" in name)]
    one, other = (table.drop(columns=of_chance).sort_values("trial", ignore_index=True) for table in tables)
    pd.testing.assert_frame_equal(one, other)
    found = (there / "best.yaml").read_text()  # which names the directory of the search
    assert found.replace(str(there), str(here)) == (here / "best.yaml").read_text()


@pytest.mark.slow
def test_a_prediction_whose_node_is_killed_is_that_of_one_machine(
    head, second, command, volest, undisturbed, scan_paths, tmp_path
):
    scans = tmp_path / "new"
    scans.mkdir()
    for copy in range(4):
        for path in scan_paths:
            shutil.copy(path, scans / f"{copy}_{path.name}")
    (scans / "0_bad.nrrd").write_text("no raster")
    assert command("predict", undisturbed, "new", "--out", "here.csv", "-q", folder=tmp_path).status == 1
    process = volest(
        *("predict", undisturbed, "new", "--out", "there.csv"),
        *("--cluster", head.address, "--set", "cluster.shard=7"),
    )
    shards = tmp_path / "there.csv.shards"
    worker, _ = wait_for(lambda: worker_on(second, shards.glob(".*.partial.lock.owner")), process)
    lose(head, second, worker)
    assert process.wait(MOST_S) == 1, process.said()  # one scan is refused
    assert "retry 1 of 3" in process.said()
    assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()
    assert sorted(path.name for path in tmp_path.glob("*there*")) == ["there.csv"]


@pytest.mark.slow
def test_a_killed_task_goes_on_a_second_driver_begins_nothing_and_ctrl_c_leaves_none_behind(
    head, second, volest, settings, tmp_path
):
    run = tmp_path / "run"
    line = ("cv", *settings, "--set", "training.epochs=5000", "--set", f"run.directory={run}")
    process = volest(*line, "--cluster", head.address)
    wait_for(lambda: len(list(run.glob("fold_*/checkpoints/last.ckpt"))) == 2, process)
    killed, left = worker_on(second, run.glob(".fold_*.lock.owner"))
    os.kill(killed, signal.SIGKILL)  # as a system does that runs out of memory; the node is well

    def both_at_work():
        owners = [int(path.read_text().split()[1]) for path in run.glob(".fold_*.lock.owner")]
        owners = [owner for owner in owners if owner != killed and is_alive(owner)]
        return owners if len(owners) == 2 else None

    wait_for(lambda: "its process was ended from outside" in process.said(), process)
    workers = wait_for(both_at_work, process)

    other = volest(*line, "--cluster", head.address)
    assert other.wait(MOST_S) == 2
    assert re.search(
        rf"is being worked on with `--cluster` by another process \(process {process.pid} on", other.said()
    )
    assert all(map(is_alive, workers)), process.said()

    process.send_signal(signal.SIGINT)
    assert process.wait(MOST_S) == 130, process.said()
    assert "the same command goes on from what is there" in process.said()
    assert "Traceback" not in process.said()
    wait_for(lambda: not any(map(is_alive, workers)))
    assert set(run.glob(".*.owner")) <= {
        left
    }  # each was told of the end, and has left its lock; no one else was killed
    with locked(run / DRIVER_LOCK, "x"), locked(run / ".fold_0.lock", "x"):
        assert not list(run.glob("fold_*/predictions.csv"))


def test_without_ray_the_extra_is_named(command, tiny_yaml, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)
    outcome = command("cv", "-c", tiny_yaml, "--set", f"run.directory={tmp_path / 'run'}", "--cluster", "auto")
    assert outcome.status == 2
    assert "pip install 'volest[ray]'" in outcome.stderr
    assert outcome.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "address, said",
    [
        ("127.0.0.1:1", "nobody answers"),
        ("somewhere", "expected HOST:PORT"),
        ("ray://127.0.0.1:10001", "expected HOST:PORT"),
        ("host.invalid:6379", "nobody answers"),
    ],
)
def test_where_no_cluster_is_wrong_use_at_once(command, tiny_yaml, tmp_path, address, said):
    pytest.importorskip("ray", reason="the extra volest[ray] is not installed")
    line = ("cv", "-c", tiny_yaml, "--set", f"run.directory={tmp_path / 'run'}", "--cluster", address)
    outcome = command(*line)
    assert outcome.status == 2
    assert said in outcome.stderr
    assert outcome.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "line, said",
    [
        (("cv", "--devices", 2), "--cluster and --devices both say where"),
        (("study", "loss", "--jobs", 2), "--cluster and --jobs both say where"),
        (("predict", "run", "scan.nrrd"), "--cluster needs `--out FILE`"),
        (("predict", "run", "scan.nrrd", "--set", "seed=1"), "only cluster.key=value can be set"),
    ],
)
def test_what_cannot_go_to_a_cluster_is_wrong_use(command, tmp_path, line, said):
    outcome = command(*line, "--cluster", "127.0.0.1:1", folder=tmp_path)
    assert outcome.status == 2
    assert said in outcome.stderr

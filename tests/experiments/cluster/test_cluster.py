"""The rounds of a cluster whose machines are lists: no process, no Ray."""

import errno
import os
import pickle
import re
from contextlib import contextmanager

import pytest

from volest.config.cluster import ClusterConfig
from volest.errors import OccupiedError, RunError, TrainingError
from volest.experiments.cluster import errand as errand_module
from volest.experiments.cluster import sight
from volest.experiments.cluster.cluster import DRIVER_LOCK, Cluster, Ended
from volest.experiments.cluster.errand import run_errand
from volest.experiments.cluster.news import Display, Relay, Sentence
from volest.experiments.cluster.piece import Piece
from volest.progress import Silent
from volest.records.lock import locked


class Machines:
    """Carry out each errand when its end is asked for; `losses` says which ones are lost, and how often."""

    def __init__(self, losses=()):
        self.losses, self.sent, self.under_way, self.told = list(losses), [], [], []
        self.most, self.cancelled = 0, False

    def send(self, errand):
        self.sent.append((errand.name, errand.attempt))
        self.under_way.append(errand)
        self.most = max(self.most, len(self.under_way))
        return id(errand)

    def ended(self, wait_s):
        errand = self.under_way.pop(0)
        if errand.name in self.losses:
            self.losses.remove(errand.name)
            return [Ended(id(errand), "its machine was lost")]
        run_errand(errand, self.told.append)
        return [Ended(id(errand))]

    def news(self):
        told, self.told = self.told, []
        return told

    def cancel(self):
        self.cancelled = True

    def room(self):
        return 2


class Heard(Silent):
    def __init__(self):
        self.sentences = []

    def tell(self, sentence):
        self.sentences.append(sentence)


def piece(done, name, **settings):
    return Piece(name, lambda progress: done.append(name), **settings)


def carry_out(machines, directory, pieces, progress=None, **config):
    Cluster(machines, ClusterConfig(**config)).carry_out(directory, pieces, progress or Silent())


def test_each_piece_is_done_once_and_a_lost_one_is_sent_again(tmp_path):
    machines, done, heard = Machines(losses=["b", "b"]), [], Heard()
    carry_out(machines, tmp_path, [piece(done, name) for name in "abc"], heard)
    assert sorted(done) == ["a", "b", "c"]
    assert [attempt for name, attempt in machines.sent if name == "b"] == [0, 1, 2]
    assert heard.sentences[0] == (
        "b: its machine was lost. It is sent out again (retry 1 of 3) and goes on from what it has left behind."
    )


def test_losses_are_counted_anew_once_a_piece_has_got_on(tmp_path):
    machines, done, trials = Machines(losses=["a"] * 5), [], [3]

    def standing():
        trials.append(trials[-1] + (len(trials) == 3))  # one more when it is lost for the third time
        return trials[-1]

    carry_out(machines, tmp_path, [piece(done, "a", standing=standing)], retries=3)
    assert done == ["a"]
    with pytest.raises(RunError, match="a was lost 4 times"):
        carry_out(Machines(losses=["a"] * 5), tmp_path, [piece(done, "a", standing=lambda: 3)], retries=3)


def test_a_piece_that_is_always_lost_stops_the_others_and_names_the_keys(tmp_path):
    machines = Machines(losses=["b"] * 9)
    with pytest.raises(RunError, match=r"b was lost 2 times.*its machine was lost.*cluster.retries"):
        carry_out(machines, tmp_path, [piece([], name) for name in "abc"], retries=1)
    assert machines.cancelled


def test_a_piece_may_be_given_up_without_the_others(tmp_path):
    done, reasons = [], []
    pieces = [piece(done, "a", give_up=reasons.append), piece(done, "b")]
    carry_out(Machines(losses=["a"]), tmp_path, pieces, retries=0)
    assert done == ["b"]
    assert "a was lost 1 time, in" in reasons[0]


@pytest.mark.parametrize(
    "error", [TrainingError("the loss is not finite"), OSError(errno.ENOSPC, "No space", "x.ckpt")]
)
def test_the_error_of_a_piece_is_raised_and_the_others_are_stopped(tmp_path, error):
    def fail(progress):
        raise pickle.loads(pickle.dumps(error))  # as it comes from another machine

    machines = Machines()
    with pytest.raises(type(error), match=re.escape(str(error))):
        carry_out(machines, tmp_path, [Piece("a", fail), piece([], "b")])
    assert machines.cancelled
    assert not (tmp_path / f"{DRIVER_LOCK}.owner").exists()


def test_no_more_are_under_way_than_asked_for(tmp_path):
    machines = Machines()
    carry_out(machines, tmp_path, [piece([], str(n)) for n in range(9)], tasks=4)
    assert machines.most == 4


def test_where_no_machine_is_large_enough_one_is_waited_for(tmp_path):
    class Small(Machines):
        def room(self):
            return 0

    done, heard = [], Heard()
    carry_out(Small(), tmp_path, [piece(done, "a")], heard, gpus=2)
    assert heard.sentences[0].startswith("no machine of the cluster has 1 CPU and 2 GPUs (cluster.cpus, cluster.gpus)")
    assert done == ["a"]


def test_a_share_of_a_gpu_is_below_one():
    assert ClusterConfig(gpus=0.5).gpus == 0.5
    with pytest.raises(ValueError, match=r"a whole number of GPUs, got 1\.5"):
        ClusterConfig(gpus=1.5)


def test_a_second_driver_is_told_who_the_first_is(tmp_path):
    with (
        locked(tmp_path / DRIVER_LOCK, "x"),
        pytest.raises(OccupiedError, match=rf"is being worked on with `--cluster` by another process.*{os.getpid()}"),
    ):
        carry_out(Machines(), tmp_path, [piece([], "a")])


def test_results_that_never_arrive_are_no_results(tmp_path, monkeypatch):
    monkeypatch.setattr(sight, "SIGHT_S", 0)
    with pytest.raises(RunError, match=r"a has ended, but its results are not in .*Mount the same storage"):
        carry_out(Machines(), tmp_path, [piece([], "a", has_arrived=lambda: False)])


def test_a_machine_that_does_not_see_the_storage_does_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(sight, "SIGHT_S", 0)

    class Elsewhere(Machines):
        def ended(self, wait_s):
            (tmp_path / f"{DRIVER_LOCK}.owner").write_text("of another machine")
            return super().ended(wait_s)

    done = []
    with pytest.raises(RunError, match=r"does not see .* as the machine does on which the command was given"):
        carry_out(Elsewhere(), tmp_path, [piece(done, "a")])
    assert not done


def test_the_lock_of_a_lost_attempt_is_waited_for_and_that_of_another_process_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(errand_module, "LOOK_S", 0.01)
    tries = []

    def occupied_twice(progress):
        tries.append(1)
        if len(tries) < 3:
            raise OccupiedError("fold 0 is being trained by another process")

    with pytest.raises(OccupiedError, match="by another process"):
        carry_out(Machines(), tmp_path, [Piece("a", occupied_twice)])
    carry_out(Machines(losses=["a"]), tmp_path, [Piece("a", occupied_twice)])
    assert len(tries) == 3


class Watched(Heard):
    """Tasks by title: what was said of them, and how they ended."""

    def __init__(self):
        super().__init__()
        self.tasks = {}

    @contextmanager
    def task(self, title, total, done=0):
        steps = self.tasks[title] = [done]
        try:
            yield lambda note="": steps.append(note)
        except BaseException:
            steps.append("cut short")
            raise
        steps.append("done")


def test_what_is_told_far_away_is_seen_here(monkeypatch):
    monkeypatch.setattr("volest.experiments.cluster.news.SECONDS_BETWEEN_NEWS", 0)
    told, here = [], Watched()
    relay = Relay("fold 2", 0, "node-7", told.append)
    with relay.task("fold 2: training", 3, done=1) as step:
        step("epoch 2")
        step("epoch 3")
    relay.tell("fold 2, epoch 3: overfitting")
    relay.tell("a word")
    display = Display(here)
    display.open("fold 2", 0)
    display.show(told)
    assert here.tasks == {"fold 2 on node-7: training": [1, "epoch 2", "epoch 3", "done"]}
    assert here.sentences == ["fold 2, epoch 3: overfitting", "fold 2: a word"]


def test_what_comes_after_the_end_is_not_shown_but_sentences_are():
    here, told = Watched(), []
    display = Display(here)
    display.open("a", 0)
    with pytest.raises(ZeroDivisionError), Relay("a", 0, "n", told.append).task("work", 2):
        1 / 0  # noqa: B018
    display.show(told)
    display.close("a", is_cut_short=True)
    display.show([*told, Sentence("a", "too late")])
    assert here.tasks == {"a on n: work": [0, "cut short"]}
    assert here.sentences == ["a: too late"]
    display.open("a", 1)
    display.show(told)  # of the attempt that was lost
    assert here.tasks == {"a on n: work": [0, "cut short"]}
    with pytest.raises(ZeroDivisionError), Relay("a", 1, "m", told.append).task("work", 2):
        1 / 0  # noqa: B018
    display.show(told)
    display.close_all()
    assert here.tasks == {"a on n: work": [0, "cut short"], "a on m: work": [0, "cut short"]}

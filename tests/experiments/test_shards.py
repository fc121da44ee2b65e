import contextlib
import shutil

import pytest

from volest.config.cluster import ClusterConfig
from volest.experiments.cluster.cluster import Cluster
from volest.experiments.shards import predict_on
from volest.inference import prediction
from volest.inference.prediction import predicting
from volest.progress import Silent
from volest.records.estimates import write_estimates


class InTurn(Cluster):
    """Machines that are this one, the last shard first unless told otherwise; stops after `most` shards."""

    def __init__(self, shard, most=99, order=reversed):
        self.config, self.most, self.order, self.done = ClusterConfig(shard=shard), most, order, []

    def carry_out(self, directory, pieces, progress):
        for piece in self.order(pieces):
            if len(self.done) == self.most:
                raise KeyboardInterrupt
            piece.work(progress)
            assert piece.has_arrived()
            self.done.append(piece.name)


class Stopping(Silent):
    """Ctrl-C after some scans."""

    def __init__(self, most):
        self.left = most

    def task(self, title, total, done=0):
        def step(note=""):
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

        return contextlib.nullcontext(step)


@pytest.fixture
def read(monkeypatch):
    """Names of the scans that have been read, one after the other."""
    names, admitted_image = [], prediction.admitted_image

    def reading(path):
        names.append(path.name)
        return admitted_image(path)

    monkeypatch.setattr(prediction, "admitted_image", reading)
    return names


@pytest.fixture
def predict(finished_run, scan_paths, tmp_path):
    """Predict four sound scans and a broken one, on a cluster or here."""
    folder = tmp_path / "new"
    folder.mkdir()
    for path in scan_paths[:4]:
        shutil.copy(path, folder)
    (folder / "z.nrrd").write_text("no raster")

    def run(name, cluster=None, run=finished_run, progress=None):
        out = tmp_path / name
        elsewhere = cluster and (lambda *work: predict_on(cluster, *work))
        with predicting(run, [str(folder)], progress or Silent(), out=out, elsewhere=elsewhere) as predicted:
            write_estimates(predicted, out)
        return out.read_bytes()

    return run


@pytest.mark.slow
def test_shards_joined_are_the_table_of_one_machine_whatever_their_size(predict, tmp_path):
    whole = predict("whole.csv")
    for shard in (1, 2, 5, 9):
        assert predict(f"{shard}.csv", InTurn(shard)) == whole
    assert not list(tmp_path.glob("*.shards"))
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.slow
def test_after_an_interruption_only_what_is_left_is_done(predict, tmp_path):
    first, second = InTurn(2, most=1), InTurn(2)
    with pytest.raises(KeyboardInterrupt):
        predict("out.csv", first)
    assert predict("out.csv", second) == predict("whole.csv")
    assert (first.done, second.done) == (["scans 5-5"], ["scans 3-4", "scans 1-2"])


@pytest.mark.slow
def test_one_begun_here_ends_on_a_cluster_where_only_what_is_missing_is_done(predict, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        predict("out.csv", progress=Stopping(3))
    cluster = InTurn(2)
    assert predict("out.csv", cluster) == predict("whole.csv")
    assert cluster.done == ["scans 5-5", "scans 3-4"]
    assert not list(tmp_path.glob("*.shards"))


@pytest.mark.slow
@pytest.mark.parametrize(("order", "missing"), [(reversed, slice(0, 2)), (iter, slice(4, 5))])
def test_one_begun_on_a_cluster_ends_here_where_only_what_is_missing_is_done(predict, read, tmp_path, order, missing):
    with pytest.raises(KeyboardInterrupt):
        predict("out.csv", InTurn(2, most=2, order=order))
    read.clear()
    found = predict("out.csv")
    assert read == sorted(path.name for path in (tmp_path / "new").iterdir())[missing]
    assert found == predict("whole.csv")
    assert not list(tmp_path.glob("*.shards"))


@pytest.mark.slow
def test_ended_shards_of_another_size_are_taken_up(predict, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        predict("out.csv", InTurn(2, most=2, order=iter))
    cluster = InTurn(3)
    assert predict("out.csv", cluster) == predict("whole.csv")
    assert cluster.done == ["scans 4-5"]


@pytest.mark.slow
def test_shards_of_another_work_are_not_used(predict, finished_run, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        predict("out.csv", InTurn(2, most=2))
    (tmp_path / "out.csv.partial").unlink()  # to begin anew, with another run
    shutil.copytree(finished_run.path, tmp_path / "run")
    (tmp_path / "run" / "fold_1" / "predictions.csv").unlink()
    other = type(finished_run)(tmp_path / "run")
    anew = InTurn(2)
    assert predict("out.csv", anew, other) == predict("whole.csv", run=other)
    assert len(anew.done) == 3

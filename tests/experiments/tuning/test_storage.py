import optuna
import pytest

from volest.errors import ConfigError, RunError
from volest.experiments.tuning.storage import (
    JOURNAL,
    open_storage,
    opened_storage,
    reached,
    require_storage,
    silent_heartbeats,
)

optuna.logging.set_verbosity(optuna.logging.ERROR)


def begin(folder):
    return optuna.create_study(storage=open_storage(None, folder, 90), study_name="s", load_if_exists=True)


def test_half_a_line_of_a_worker_that_died_does_not_spoil_the_journal(tmp_path):
    begin(tmp_path).add_trial(optuna.create_trial(value=1.0))
    with (tmp_path / JOURNAL).open("a") as file:
        file.write('{"op_code":4,"worker_id"')
    begin(tmp_path).add_trial(optuna.create_trial(value=2.0))
    assert [trial.value for trial in begin(tmp_path).get_trials()] == [1.0, 2.0]


def test_a_journal_that_is_none_is_told(tmp_path):
    (tmp_path / JOURNAL).write_text("nonsense\nand more\n")
    with pytest.raises(RunError, match=r"journal .*journal.log is damaged"):
        open_storage(None, tmp_path, 90)


@pytest.mark.parametrize(
    "url, error, said",
    [
        (
            "postgresql://me:secret@127.0.0.1:1/none",
            RunError,
            r"postgresql://me:\*\*\*@127.0.0.1:1/none cannot be reached",
        ),
        (
            "sqlite:////nowhere/at/all.db",
            RunError,
            "cannot be reached: .*unable to open database file. Nothing is lost",
        ),
        ("", ConfigError, "Expected a URL such as"),
        ("nonsense", ConfigError, "Expected a URL such as postgresql://USER"),
        ("nosuch://me:secret@host/db", ConfigError, r"nosuch://me:\*\*\*@host"),
        ("no such://me:secret@host/db", ConfigError, "storage 'no such'"),
        ("mysql+mysqldb://me:secret@host/db", ConfigError, "driver of this database is not installed"),
    ],
)
def test_a_storage_that_is_not_there_is_told_without_its_password(tmp_path, url, error, said):
    with pytest.raises(error, match=said) as refused, reached(url, tmp_path):  # which leaves a message as it is
        require_storage(url, tmp_path, 90)
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def lose(database, folder):
    """A search whose database goes away in a trial, whose end Optuna then cannot tell."""
    url = f"sqlite:///{database}"
    with reached(url, folder), silent_heartbeats(), opened_storage(url, folder, 4) as storage:

        def objective(trial):
            storage.engine.dispose()
            database.unlink()
            database.mkdir()
            trial.report(1.0, 1)

        optuna.create_study(storage=storage).optimize(objective, n_trials=1)


def test_a_database_that_goes_away_in_a_trial_is_told(tmp_path):
    with pytest.raises(RunError, match=r"cannot be reached: .* Nothing is lost: .* goes on once it is back\."):
        lose(tmp_path / "trials.db", tmp_path)


def test_a_fault_of_ours_is_no_storage_that_is_gone(tmp_path):
    with pytest.raises(KeyError), reached("sqlite:///x.db", tmp_path):
        raise KeyError("x")

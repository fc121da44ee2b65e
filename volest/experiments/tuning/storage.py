"""Where the trials of a search are kept: a journal beside them, or a database that many machines reach."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from warnings import catch_warnings, simplefilter

from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, ProgrammingError, SQLAlchemyError

from volest.errors import ConfigError, RunError, VolestError
from volest.experiments.tuning.journal_lock import JournalLock

JOURNAL = "journal.log"

SIGNS = 4
"""Of life that a worker gives within the silence after which it is taken for dead."""

MOST_LOOKS = 5
"""At a database in which somebody else is making tables, a second apart."""

POSTGRESQL = ("postgres", "postgresql")


@contextmanager
def opened_storage(url: str | None, directory: Path, silence_s: int) -> Iterator[BaseStorage]:
    """The storage of a search, whose connections are closed at the end; else as `open_storage`."""
    storage = open_storage(url, directory, silence_s)
    try:
        yield storage
    finally:
        if isinstance(storage, RDBStorage):
            storage.remove_session()
            storage.engine.dispose()


def require_storage(url: str | None, directory: Path, silence_s: int) -> None:
    """Ask a database once whether it is there, before anything takes time.

    Raises:
        ConfigError, RunError: as of `open_storage`.
    """
    if url is not None:
        with opened_storage(url, directory, silence_s):
            return


def open_storage(url: str | None, directory: Path, silence_s: int) -> BaseStorage:
    """The storage of a search.

    Args:
        url: of a database, as SQLAlchemy writes it; None for a journal in the directory.
        directory: of the search.
        silence_s: after which a worker of a database counts as dead.

    Raises:
        ConfigError: no such kind of database, or its driver is not installed.
        RunError: the database cannot be reached, or the journal is damaged.
    """
    if url is None:
        directory.mkdir(parents=True, exist_ok=True)
        journal = directory / JOURNAL
        with reached(None, directory):
            return JournalStorage(JournalFileBackend(str(journal), JournalLock(journal)))
    try:
        parsed = make_url(url)
        if parsed.drivername in POSTGRESQL:
            parsed = parsed.set(drivername="postgresql+psycopg")
        with reached(url, directory):
            return _database(parsed.render_as_string(hide_password=False), silence_s)
    except ArgumentError as error:
        raise ConfigError(
            f"storage {shown(url)!r}: {error}. Expected a URL such as postgresql://USER:PASSWORD@HOST/DATABASE, or no "
            "`--storage` for a journal beside the trials."
        ) from None
    except ImportError:
        raise ConfigError(
            f"storage {shown(url)}: the driver of this database is not installed. For PostgreSQL: "
            "`pip install 'volest[postgresql]'`."
        ) from None


def _database(url: str, silence_s: int) -> RDBStorage:
    """A second worker may make the same tables at the same time, which only one of them can: the other looks again."""
    with catch_warnings():
        simplefilter("ignore", ExperimentalWarning)
        for _ in range(MOST_LOOKS):
            try:
                return RDBStorage(
                    url,
                    engine_kwargs={"pool_pre_ping": True},
                    heartbeat_interval=max(1, silence_s // SIGNS),
                    grace_period=silence_s,
                )
            except (IntegrityError, ProgrammingError) as error:
                refused = error
                time.sleep(1)
    raise refused


@contextmanager
def reached(url: str | None, directory: Path) -> Iterator[None]:
    """Say in one paragraph that the storage is gone.

    Raises:
        RunError: it is.
    """
    try:
        yield
    except (VolestError, ArgumentError):
        raise
    except Exception as error:
        if (lost := _loss(error)) is not None:
            raise RunError(
                f"the storage {shown(url or '')} cannot be reached: {lost}. Nothing is lost: trials that ended are in "
                f"the storage, and trainings keep their whole epochs in {directory}. The same command goes on once it "
                "is back."
            ) from None
        if url is None and _is_damage(error):
            raise RunError(
                f"the journal {directory / JOURNAL} is damaged: {error}. Put a copy in its place, or take another "
                "`--out`."
            ) from None
        raise


def _loss(error: BaseException | None) -> str | None:
    """Why the storage failed, if that is what lies behind an error: Optuna stumbles while it handles such a failure."""
    while error is not None:
        if isinstance(error, SQLAlchemyError):
            return " ".join(str(error).partition("(Background")[0].split()).rstrip(".?")
        error = error.__cause__ or error.__context__
    return None


def _is_damage(error: Exception) -> bool:
    return isinstance(error, json.JSONDecodeError) or "Invalid log format" in str(error)


@contextmanager
def silent_heartbeats() -> Iterator[None]:
    """No traceback of a thread that could not give its sign of life; the next report of the trial says why."""
    usual = threading.excepthook

    def told(args: threading.ExceptHookArgs) -> None:
        if not isinstance(args.exc_value, SQLAlchemyError | StorageInternalError):
            usual(args)

    threading.excepthook = told
    try:
        yield
    finally:
        threading.excepthook = usual


def shown(url: str) -> str:
    """The URL without its password; of what is none, what stands where its kind would."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url.partition("://")[0]

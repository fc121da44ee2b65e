"""A PostgreSQL server of its own for a test, from the packages of the system (Debian: apt-get install postgresql)."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "postgres"


def binaries() -> Path | None:
    """Folder of initdb and pg_ctl; Debian keeps them out of PATH."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a server and yield the URL of its database; it is stopped and removed at the end."""
    folder = binaries()
    assert folder is not None
    place = Path(tempfile.mkdtemp(prefix="volest-postgresql-"))
    data, log = place / "data", place / "log"
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(place, USER)
    port = _free_port()
    try:
        _run(folder / "initdb", "-D", data, "-U", USER, "-A", "trust", "--no-sync")
        options = f"-p {port} -k {place} -c listen_addresses=127.0.0.1 -c fsync=off"
        _run(folder / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start")
        try:
            yield f"postgresql://{USER}@127.0.0.1:{port}/{USER}"
        finally:
            _run(folder / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _run(*command: object) -> None:
    user = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.run(
        [*map(str, command)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **user
    )


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]

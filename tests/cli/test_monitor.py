import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def page(port, path, process, seconds=90):
    """What the server answers, as soon as it does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError(f"no answer; the process ended with {process.poll()}")


def test_a_run_that_does_not_exist_is_told(command, tmp_path):
    outcome = command("monitor", tmp_path / "gone")
    assert outcome.status == 2
    assert "gone does not exist. Train first" in outcome.stderr


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_curves_of_all_folds_are_served_until_the_command_ends(finished_run, port, end):
    program = "from volest.cli.main import run; run()"
    line = [sys.executable, "-c", program, "monitor", str(finished_run.path), "--port", str(port)]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=os.environ) as process:
        try:
            assert page(port, "/", process)[0] == 200
            assert '"fold_0", "fold_1"' in page(port, "/data/runs", process)[1]
            process.send_signal(end)
            _, told = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0
    assert b"Traceback" not in told
    with pytest.raises(ConnectionError, match="refused"):
        socket.create_connection(("localhost", port), timeout=5)


@pytest.mark.slow
def test_a_port_in_use_is_told(finished_run, port):
    program = "from volest.cli.main import run; run()"
    with socket.socket() as taken:
        taken.bind(("localhost", port))
        taken.listen()
        line = [sys.executable, "-c", program, "monitor", str(finished_run.path), "--port", str(port)]
        outcome = subprocess.run(line, capture_output=True, text=True, timeout=120, env=os.environ)
    assert outcome.returncode == 2
    assert f"could not start on port {port}. Choose another with `--port N`" in outcome.stderr


def test_a_folder_without_curves_is_told(command, tmp_path):
    outcome = command("monitor", tmp_path)
    assert outcome.status == 2
    assert "holds no curves" in outcome.stderr

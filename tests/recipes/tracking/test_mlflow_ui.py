"""MLflow's own pages on an outputs folder."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from recipes.tracking import MetricsFile, sync, ui_command
from tests.recipes.tracking.run_folders import make_run, write_status


def fetched(url: str, body: bytes | None = None) -> bytes | None:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bytes(answer.read())
    except (urllib.error.URLError, OSError):
        return None


@pytest.mark.slow
def test_the_pages_show_the_runs_of_the_outputs_folder(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    with MetricsFile(folder / "metrics.jsonl") as file:
        file.log(1, 1.0, {"test/accuracy": 0.97})
    write_status(folder, "finished")
    sync(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        command = ui_command(tmp_path, port=probe.getsockname()[1])
    log = (tmp_path / "ui.log").open("wb")
    process = subprocess.Popen(
        command.arguments, env=command.environment, cwd=command.folder, stdout=log, stderr=log, start_new_session=True
    )
    try:
        deadline = time.monotonic() + 60
        while fetched(f"{command.address}/health") is None:
            assert time.monotonic() < deadline, (tmp_path / "ui.log").read_text()
            time.sleep(0.3)
        assert b"<html" in (fetched(command.address) or b"")
        body = json.dumps({"experiment_ids": [json.loads((folder / "mlflow.json").read_bytes())["experiment_id"]]})
        found = json.loads(fetched(f"{command.address}/api/2.0/mlflow/runs/search", body.encode()) or b"{}")
        (run,) = found["runs"]
        assert run["info"]["run_name"] == folder.name
        assert [(metric["key"], metric["value"]) for metric in run["data"]["metrics"]] == [("test/accuracy", 0.97)]
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.close()

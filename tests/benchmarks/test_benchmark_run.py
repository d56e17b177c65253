"""The benchmark itself: it ends whatever a side does, says what failed, and its ratios are those of the times."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.options import parse
from tests.benchmarks.process import ROOT, clean_environment, measured
from tests.benchmarks.steps import together
from tests.benchmarks.summary import geometric_mean, workload_ratios
from tests.benchmarks.table import failures, microseconds, table

TRAINING = "tests.benchmarks.training"


def times(**seconds: float) -> dict[str, Any]:
    """Sides as the steps leave them."""
    return {side: {"seconds": each, "grown_bytes": int(each * 1e9)} for side, each in seconds.items()}


def test_a_side_that_crashes_says_why_in_its_cell() -> None:
    found = measured(TRAINING, {"workload": "nothing", "side": "ours", "threads": 1}, threads=1, limit=60)
    assert found["failed"].startswith("exit 1: KeyError")
    assert microseconds(together([found])) == "failed"


def test_a_side_that_takes_too_long_is_ended() -> None:
    order = {"workload": "mlp_small", "changes": {}, "side": "ours", "threads": 1, "window": 1, "windows": 10**9}
    assert measured(TRAINING, order, threads=1, limit=3) == {"failed": "no answer within 3 s"}


def test_a_side_is_measured_in_its_own_process() -> None:
    order = {"workload": "mlp_small", "changes": {"batch": 2}, "side": "ours", "threads": 1, "window": 3, "windows": 2}
    found = measured(TRAINING, order, threads=1, limit=60)
    assert len(found["seconds"]) == 2
    assert 0 < min(found["seconds"]) < found["first_step"]
    if sys.platform == "linux":
        assert found["peak_bytes"] >= found["training_peak_bytes"] > found["imported_bytes"]


def test_no_one_elses_tuning_reaches_a_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    environment = clean_environment(3)
    assert "OPENBLAS_CORETYPE" not in environment
    assert environment["OMP_NUM_THREADS"] == "3"
    assert "PATH" in environment


def test_ratios_are_to_the_fastest_peer_and_above_one_where_we_are_faster() -> None:
    sides = times(ours=0.004, ours_compiled=0.001, torch=0.008, torch_compile=0.006, jax=0.002)
    ratios = workload_ratios({"sides": sides, "floor": {"seconds": 0.0005}})
    assert ratios["best_peer"] == "jax"
    assert ratios["compiled_to_best_peer"] == pytest.approx(2)
    assert ratios["compiled_to_pytorch"] == pytest.approx(6)
    assert ratios["eager_to_pytorch"] == pytest.approx(2)
    assert ratios["compiled_to_floor"] == pytest.approx(2)
    assert ratios["compiled_memory_to_pytorch"] == pytest.approx(1 / 8)


def test_ratios_that_nobody_knows_are_left_open() -> None:
    sides = times(ours=0.004) | {"ours_compiled": {"failed": "not compiled: a print"}, "torch": {"failed": "exit 1"}}
    found = {"sides": sides, "floor": {"failed": "no answer"}}
    ratios = workload_ratios(found)
    assert all(ratio is None for ratio in ratios.values())
    assert geometric_mean(ratios.values()) is None
    assert microseconds(sides["ours_compiled"]) == "not compiled"
    assert failures({"mlp": found}) == [
        "mlp, ours_compiled: not compiled: a print",
        "mlp, torch: exit 1",
        "mlp, floor: no answer",
    ]


def test_geometric_mean_of_known_ratios() -> None:
    assert geometric_mean([1.0, 4.0, None, 2.0]) == pytest.approx(2.0)


def test_rounds_become_the_median_of_all_windows_and_the_largest_peak() -> None:
    rounds = [
        {"seconds": [1.0, 5.0], "first_step": 9.0, "imported_bytes": 10, "peak_bytes": 30},
        {"seconds": [2.0], "first_step": 7.0, "imported_bytes": 11, "peak_bytes": 51},
    ]
    found = together(rounds)
    assert (found["seconds"], found["fastest_seconds"], found["grown_bytes"]) == (2.0, 1.0, 40)


def test_a_table_is_aligned() -> None:
    assert table(("name", "us"), [["a", "12"], ["longer", "3"]]) == [
        "| name   | us |",
        "| ------ | -: |",
        "| a      | 12 |",
        "| longer |  3 |",
    ]


def test_unknown_names_are_refused_with_what_is_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--only", "mlp_small,gtp"])
    assert "there is no 'gtp'; allowed are mlp_small, mlp_medium" in capsys.readouterr().err


@pytest.mark.slow
def test_a_quick_run_writes_all_its_figures(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    words = ["--quick", "--rounds=2", "--only=mlp_small", "--sides=ours,ours_compiled", f"--out={out}"]
    command = [sys.executable, "-m", "tests.benchmarks", *words, "--parts=steps,loader,loop"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    report = json.loads(out.read_text())
    sides = report["parts"]["steps"]["workloads"]["mlp_small"]["sides"]
    assert set(sides) == {"ours", "ours_compiled"}
    assert len(sides["ours"]["rounds"]) == 2
    assert report["parts"]["loop"]["loop"]["seconds"] > 0
    assert report["parts"]["loader"]["the loader alone"]["ours"]["seconds"] > 0
    assert "MLP 64-128-64-10, batch 64" in printed

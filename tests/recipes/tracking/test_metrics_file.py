"""`metrics.jsonl`: every value survives, no line is torn, nothing is written twice."""

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.tracking import MetricsFile, MetricsFollower, TrackingError, read_metrics

VALUES = {"loss": 0.1 + 0.2, "nan": math.nan, "up": math.inf, "down": -math.inf, "größe": 1e-300}

WRITE_UNTIL_KILLED = """
import sys
from pathlib import Path
from recipes.tracking import MetricsFile
file = MetricsFile(Path(sys.argv[1]))
for step in range(10**9):
    file.log(step, step / 100, {"loss": 1 / (step + 1)})
    print(step, flush=True)
"""

WRITE_TO_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from recipes.tracking import MetricsFile, TrackingError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
file = MetricsFile(Path(sys.argv[1]))
try:
    for step in range(1000):
        file.log(step, 0.0, {"loss": 0.5})
except TrackingError as error:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    file.log(step, 0.0, {"loss": 0.25})
    print(step, error)
"""


def same(ours: float, theirs: float) -> bool:
    return ours == theirs or (math.isnan(ours) and math.isnan(theirs))


@given(
    st.dictionaries(st.text(max_size=8), st.floats(), min_size=1, max_size=5), st.integers(0, 2**53), st.floats(0, 9)
)
def test_every_float_survives_as_plain_json(
    tmp_path_factory: pytest.TempPathFactory, metrics: dict[str, float], step: int, epoch: float
) -> None:
    path = tmp_path_factory.mktemp("metrics") / "metrics.jsonl"
    with MetricsFile(path) as file:
        file.log(step, epoch, metrics, time=1.5)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    (record,) = read_metrics(path)
    assert (record.step, record.epoch, record.time) == (step, epoch, 1.5)
    assert record.metrics.keys() == metrics.keys()
    assert all(same(record.metrics[name], value) for name, value in metrics.items())


def test_a_line_is_in_the_file_when_log_returns(tmp_path: Path) -> None:
    file = MetricsFile(tmp_path / "metrics.jsonl")
    for step in range(3):
        file.log(step, 0.0, VALUES)
        assert len(read_metrics(file.path)) == step + 1
    file.close()


def test_a_file_cut_at_any_byte_resumes_to_the_whole_one(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"

    def write_all(path: Path) -> None:
        with MetricsFile(path) as file:
            for step in range(4):
                file.log(step, step / 2, VALUES, time=float(step))

    write_all(whole)
    content = whole.read_bytes()
    for size in range(len(content)):
        cut.write_bytes(content[:size])
        assert len(read_metrics(cut)) == content[:size].count(b"\n")
        write_all(cut)
        assert cut.read_bytes() == content


def test_only_the_names_that_a_step_lacks_are_written(tmp_path: Path) -> None:
    with MetricsFile(tmp_path / "metrics.jsonl") as file:
        file.log(10, 1.0, {"train/loss": 0.5})
    with MetricsFile(file.path) as file:
        file.log(10, 1.0, {"train/loss": 0.7, "val/loss": 0.6})
        file.log(10, 1.0, {"val/loss": 0.9})
        file.log(11, 1.1, {"train/loss": 0.4})
    assert [(record.step, record.metrics) for record in read_metrics(file.path)] == [
        (10, {"train/loss": 0.5}),
        (10, {"val/loss": 0.6}),
        (11, {"train/loss": 0.4}),
    ]


def test_a_follower_sees_each_line_once_and_only_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    follower = MetricsFollower(path)
    assert list(follower.new_records()) == []
    with MetricsFile(tmp_path / "source.jsonl") as source:
        for step in range(5):
            source.log(step, 0.0, VALUES)
    seen = []
    with path.open("ab", buffering=0) as file:
        for byte in source.path.read_bytes():
            file.write(bytes([byte]))
            seen += [record.step for record in follower.new_records()]
    assert seen == [0, 1, 2, 3, 4]
    assert follower.offset == path.stat().st_size


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    with MetricsFile(path) as file:
        file.log(0, 0.0, {"loss": 1.0})
    path.write_bytes(path.read_bytes() + b'{"step": 1}\n')
    with pytest.raises(TrackingError, match=r"metrics\.jsonl:2 holds no metrics"):
        read_metrics(path)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrackingError, match="No such file"):
        MetricsFile(tmp_path / "nowhere" / "metrics.jsonl")


def test_what_was_logged_outlives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    writer = subprocess.Popen([sys.executable, "-c", WRITE_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    for _ in range(200):
        said = int(writer.stdout.readline())
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.stdout.read().split("\n")[:-1]
    writer.stdout.close()
    writer.wait()
    last = int(rest[-1]) if rest else said
    steps = [record.step for record in read_metrics(path)]
    assert steps == list(range(len(steps)))
    assert len(steps) > last


def test_a_full_disk_tears_no_line(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    ended = subprocess.run(
        [sys.executable, "-c", WRITE_TO_A_FULL_DISK, str(path)], capture_output=True, text=True, check=True
    )
    step, _, message = ended.stdout.partition(" ")
    assert "Cannot write the metrics file" in message
    records = read_metrics(path)
    assert [record.step for record in records] == list(range(int(step) + 1))
    assert records[-1].metrics == {"loss": 0.25}

"""Control group limits read from folders laid out as Linux lays them out, in both versions."""

from pathlib import Path

import pytest

from engine.backend.control_group import Limits, control_group_limits


class System:
    """A process folder and the control groups it names, in a temporary folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.process = root / "proc"
        self.process.mkdir()

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def limits(self) -> Limits:
        return control_group_limits(self.process)


@pytest.fixture
def version_1(tmp_path: Path) -> System:
    system = System(tmp_path)
    system.write("proc/cgroup", "5:memory:/job/step\n3:cpu,cpuacct:/job/step\n1:name=systemd:/\n0::/\n")
    mounts = [
        f"tmpfs {tmp_path}/groups tmpfs rw 0 0",
        f"cgroup {tmp_path}/groups/cpu cgroup rw,relatime,cpu,cpuacct 0 0",
        f"cgroup {tmp_path}/groups/memory cgroup rw,relatime,memory 0 0",
    ]
    system.write("proc/mounts", "\n".join(mounts) + "\n")
    return system


@pytest.fixture
def version_2(tmp_path: Path) -> System:
    system = System(tmp_path)
    system.write("proc/cgroup", "0::/job/step\n")
    system.write("proc/mounts", f"cgroup2 {tmp_path}/groups cgroup2 rw,nosuid 0 0\n")
    return system


def test_version_1(version_1: System) -> None:
    version_1.write("groups/cpu/job/step/cpu.cfs_quota_us", "150000\n")
    version_1.write("groups/cpu/job/step/cpu.cfs_period_us", "100000\n")
    version_1.write("groups/memory/job/step/memory.limit_in_bytes", "2147483648\n")
    assert version_1.limits() == Limits(cores=1.5, memory=1 << 31)


def test_version_1_without_limits(version_1: System) -> None:
    version_1.write("groups/cpu/job/step/cpu.cfs_quota_us", "-1\n")
    version_1.write("groups/cpu/job/step/cpu.cfs_period_us", "100000\n")
    version_1.write("groups/memory/job/step/memory.limit_in_bytes", "9223372036854771712\n")
    assert version_1.limits() == Limits(cores=None, memory=None)


def test_version_2(version_2: System) -> None:
    version_2.write("groups/job/step/cpu.max", "50000 100000\n")
    version_2.write("groups/job/step/memory.max", "1048576\n")
    assert version_2.limits() == Limits(cores=0.5, memory=1 << 20)


def test_version_2_without_limits(version_2: System) -> None:
    version_2.write("groups/job/step/cpu.max", "max 100000\n")
    version_2.write("groups/job/step/memory.max", "max\n")
    assert version_2.limits() == Limits(cores=None, memory=None)


@pytest.mark.parametrize("tight", ["groups", "groups/job", "groups/job/step"])
def test_the_tightest_group_above_counts(version_2: System, tight: str) -> None:
    for folder in ("groups", "groups/job", "groups/job/step"):
        version_2.write(f"{folder}/cpu.max", "200000 100000\n" if folder == tight else "800000 100000\n")
        version_2.write(f"{folder}/memory.max", "4096\n" if folder == tight else "max\n")
    assert version_2.limits() == Limits(cores=2.0, memory=4096)


def test_a_container_that_sees_its_path_from_outside_reads_the_mount(version_2: System) -> None:
    version_2.write("proc/cgroup", "0::/../../docker/abc\n")
    version_2.write("groups/cpu.max", "300000 100000\n")
    assert version_2.limits() == Limits(cores=3.0, memory=None)


def test_a_system_without_control_groups_has_no_limits(tmp_path: Path) -> None:
    assert control_group_limits(tmp_path) == Limits(cores=None, memory=None)

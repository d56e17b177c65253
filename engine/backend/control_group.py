"""The limits on processor time and memory that Linux control groups (containers, Slurm, systemd) put on a process."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

THIS_PROCESS = Path("/proc/self")

# Version 1 writes "no limit" as the largest whole number of pages.
NO_LIMIT = 1 << 60


@dataclass(frozen=True)
class Limits:
    """Cores' worth of processor time and bytes of memory that a process may use; None where there is no limit."""

    cores: float | None
    memory: int | None


@dataclass(frozen=True)
class _Group:
    """A control group's folder and its files' version (1 or 2)."""

    folder: Path
    version: int


def control_group_limits(process: Path = THIS_PROCESS) -> Limits:
    """The tightest limits of the process's groups and of all groups above them; none outside Linux.

    Source: Linux's documentation, admin-guide/cgroup-v2 (cpu.max, memory.max) and cgroup-v1.
    """
    groups = tuple(_groups(process))
    cores = [limit for group in groups if (limit := _cores(group)) is not None]
    memory = [limit for group in groups if (limit := _memory(group)) is not None]
    return Limits(cores=min(cores, default=None), memory=min(memory, default=None))


def _groups(process: Path) -> Iterator[_Group]:
    """Each group that the process is in, and each above it up to its mount."""
    mounts = _mounts(process)
    for line in _read(process / "cgroup").splitlines():
        number, controllers, path = line.split(":", 2)
        version = 2 if number == "0" else 1
        for controller in controllers.split(","):
            mount = mounts.get(controller)
            if mount is None:
                continue
            # A container may see a path from outside it: then its own group is the mount itself.
            folder = mount.joinpath(*(part for part in Path(path).parts if part not in ("/", "..")))
            above = [parent for parent in folder.parents if parent.is_relative_to(mount)]
            yield from (_Group(place, version) for place in (folder, *above))


def _mounts(process: Path) -> dict[str, Path]:
    """Where the controllers cpu and memory of version 1 are mounted, and version 2 under the name ""."""
    mounts: dict[str, Path] = {}
    for line in _read(process / "mounts").splitlines():
        _, folder, kind, options, *_ = line.split(" ")
        if kind == "cgroup2":
            mounts.setdefault("", Path(folder))
        elif kind == "cgroup":
            for controller in {"cpu", "memory"} & set(options.split(",")):
                mounts.setdefault(controller, Path(folder))
    return mounts


def _cores(group: _Group) -> float | None:
    if group.version == 2:
        quota, _, period = _read(group.folder / "cpu.max").strip().partition(" ")
    else:
        quota = _read(group.folder / "cpu.cfs_quota_us").strip()
        period = _read(group.folder / "cpu.cfs_period_us").strip()
    if not (quota.isdecimal() and period.isdecimal()):
        return None
    return int(quota) / int(period)


def _memory(group: _Group) -> int | None:
    name = "memory.max" if group.version == 2 else "memory.limit_in_bytes"
    limit = _read(group.folder / name).strip()
    return int(limit) if limit.isdecimal() and int(limit) < NO_LIMIT else None


def _read(path: Path) -> str:
    """The text of a file, empty where it cannot be read: no limit is known then."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""

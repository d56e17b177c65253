"""The processor: what it is, what it can do, and how many of its cores this process may use."""

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")

# What a kernel compiled for AVX-512 servers since Skylake-SP needs; Knights Landing has the first alone.
AVX512 = frozenset({"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"})


@dataclass(frozen=True)
class Processor:
    """One machine's processor; family and number are CPUID's, 0 where the system does not tell."""

    name: str
    vendor: str
    family: int
    number: int
    features: frozenset[str]

    @property
    def has_avx512(self) -> bool:
        """Whether AVX-512 is there with all that BLAS kernels use of it."""
        return self.features >= AVX512


@dataclass(frozen=True)
class Cores:
    """Cores of the machine (None where the system does not tell) and logical cores this process may run on."""

    physical: int | None
    logical: int
    usable: int


def processor(cpuinfo: Path = CPUINFO) -> Processor:
    """The first processor of the machine, from Linux's /proc/cpuinfo; elsewhere its name alone."""
    fields = next(_blocks(cpuinfo), {})
    return Processor(
        name=fields.get("model name") or platform.processor() or platform.machine(),
        vendor=fields.get("vendor_id", ""),
        family=int(fields.get("cpu family", 0)),
        number=int(fields.get("model", 0)),
        features=frozenset(fields.get("flags", fields.get("Features", "")).split()),
    )


def cores(cpuinfo: Path = CPUINFO) -> Cores:
    """Physical and logical cores, and those that this process's affinity allows."""
    identities = {
        (fields["physical id"], fields["core id"])
        for fields in _blocks(cpuinfo)
        if {"physical id", "core id"} <= fields.keys()
    }
    return Cores(physical=len(identities) or None, logical=os.cpu_count() or 1, usable=usable_cores())


def usable_cores() -> int:
    """Logical cores that this process's affinity allows; all where the system has no affinity."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _blocks(cpuinfo: Path) -> Iterator[dict[str, str]]:
    """The paragraphs of /proc/cpuinfo, one a logical core, read no further than asked."""
    if not cpuinfo.exists():
        return
    fields: dict[str, str] = {}
    with cpuinfo.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            key, colon, value = line.partition(":")
            if colon:
                fields[key.strip()] = value.strip()
            elif fields:
                yield fields
                fields = {}
    if fields:
        yield fields

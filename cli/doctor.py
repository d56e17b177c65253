"""`ml doctor`: what this machine has, what is used of it, and what is missing."""

from typing import TYPE_CHECKING

import click

from cli.json_output import print_json

if TYPE_CHECKING:
    from cli.diagnosis import Diagnosis

A_CHECK_FAILED = 4
GIB = 1 << 30


@click.command(short_help="Show the machine, and what is missing on it.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Show the processor, BLAS, threads, memory, GPUs and packages that training uses here, and what is missing.

    Ends with 4 where something is missing that Galley can't do without.

    \b
    ml doctor
    ml doctor --json
    """
    # Imported here for a quick start-up.
    from cli.diagnosis import diagnose, plain

    diagnosis = diagnose()
    if as_json:
        print_json(plain(diagnosis))
    else:
        for name, lines in _sections(diagnosis).items():
            click.echo(f"{name}\n" + "".join(f"  {line}\n" for line in lines))
    context.exit(A_CHECK_FAILED if any(missing.required for missing in diagnosis.missing) else 0)


def _sections(found: "Diagnosis") -> dict[str, list[str]]:
    """Headings, each with its lines."""
    return {
        "System": [f"Python {found.python} at {found.executable}", found.system],
        "Processor": _processor(found),
        "BLAS": _blas(found),
        "Threads": _threads(found),
        "Kernels": _kernels(found),
        "Memory": _memory(found),
        "GPUs": _gpus(found),
        "Packages": [f"{name} {version}" for name, version in found.packages.items() if version],
        "Missing": [f"{missing.what}: {missing.why}. {missing.remedy}" for missing in found.missing] or ["nothing"],
        **({"Advice": list(found.advice)} if found.advice else {}),
    }


def _processor(found: "Diagnosis") -> list[str]:
    cores = found.cores
    physical = "" if cores.physical is None else f"{cores.physical} physical, "
    quota = "" if found.core_limit is None else f", limited to {found.core_limit:g} cores' time"
    return [
        found.processor,
        f"cores: {physical}{cores.logical} logical, {cores.usable} for this process{quota}",
        f"features: {' '.join(found.features) or 'none that matter'}",
    ]


def _blas(found: "Diagnosis") -> list[str]:
    return [
        " ".join([library.name, library.version or "", f"kernels for {library.core or 'an unknown core'},"])
        + f" {library.threads or 'unknown'} threads  {library.path}".rstrip()
        for library in found.blas
    ]


def _threads(found: "Diagnosis") -> list[str]:
    settings = found.threads.settings
    assignments = [
        f"{setting.name}={setting.value}" if setting.value is not None else f"{setting.name} is not set"
        for setting in settings
    ]
    width = max(len(assignment) for assignment in assignments)
    reasons = [
        f"{assignment:{width}}  {setting.reason}" for assignment, setting in zip(assignments, settings, strict=True)
    ]
    return [f"{found.threads.threads} for BLAS, {found.kernels.threads} for kernels", *reasons]


def _kernels(found: "Diagnosis") -> list[str]:
    kernels = found.kernels
    return [
        f"threads by {kernels.layer or 'nothing that starts'}, {kernels.threads} of {kernels.started} for each launch",
        f"compiled code is kept in {kernels.cache}" if kernels.cache else "compiled code can't be kept",
    ]


def _memory(found: "Diagnosis") -> list[str]:
    limit = "" if found.memory_limit is None else f", limited to {found.memory_limit / GIB:.1f} GiB"
    kept, reason = found.allocator.keeps_below, found.allocator.reason
    return [
        f"{found.memory.total / GIB:.1f} GiB, {found.memory.available / GIB:.1f} GiB available{limit}",
        f"freed buffers below {kept / GIB:g} GiB are kept: {reason}"
        if kept
        else f"freed buffers go back to the system: {reason}",
    ]


def _gpus(found: "Diagnosis") -> list[str]:
    gpus = [
        f"{gpu.index}: {gpu.name}"
        + ("" if gpu.memory is None else f", {gpu.memory / GIB:.0f} GiB")
        + f", driver {gpu.driver}, compute capability {gpu.compute_capability}"
        for gpu in found.gpus
    ]
    return [*gpus, f"CuPy can use {found.cuda_devices}"] if gpus else ["none that nvidia-smi lists"]

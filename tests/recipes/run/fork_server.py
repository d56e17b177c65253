"""A program that has imported everything and runs `ml` in a forked child for each line it reads: a start-up once.

A request is `{"folder": …, "words": […], "signal": "SIGKILL", "moment": …, "number": n}`; the answer is `{"code": n}`,
negative where a signal ended the child. The signal comes in the middle of the n-th moment, from 0:

- `operation`: a write, fsync or rename of a checkpoint, of `run.json` or of `metrics.jsonl`; a write is half done
- `training`, `evaluation`: a step of that kind

Output goes to `out.txt` and `err.txt` in the folder.
"""

import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.backend.threads import configure

# Before NumPy loads, as `ml` does.
configure()

import recipes.run.resume  # noqa: E402
import recipes.run.train  # noqa: E402, F401  (imported once, for all children)
from cli.main import main as ml  # noqa: E402
from recipes.loops import Supervised  # noqa: E402

GUARDED = ("/checkpoints", "/run.json", "/.run.json", "/metrics.jsonl")


def before_nth(function: Callable[..., Any], number: int, act: Callable[..., None]) -> Callable[..., Any]:
    """The function, with `act` called before its n-th call, with the same arguments."""
    count = itertools.count()

    def counted(*arguments: Any, **options: Any) -> Any:
        if next(count) == number:
            act(*arguments)
        return function(*arguments, **options)

    return counted


def place_of(target: Any) -> str:
    """The path that an operation is about, given one or a descriptor."""
    return os.readlink(f"/proc/self/fd/{target}") if isinstance(target, int) else os.fspath(target)


def disturb_operations(number: int, stop: Callable[[], None]) -> None:
    """Call `stop` in the n-th operation on what a resume needs."""
    count = itertools.count()

    def watched(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(target: Any, *rest: Any, **options: Any) -> Any:
            if any(part in place_of(target) for part in GUARDED) and next(count) == number:
                if name == "write":
                    real(target, rest[0][: len(rest[0]) // 2])
                stop()
            return real(target, *rest, **options)

        return operation

    for name in ("write", "fsync", "rename", "replace"):
        setattr(os, name, watched(name, getattr(os, name)))


def disturb(moment: str, number: int, name: str) -> None:
    """Send this process a signal at a moment to come."""

    def stop(*arguments: Any) -> None:
        os.kill(os.getpid(), signal.Signals[name])

    if moment == "operation":
        disturb_operations(number, stop)
    else:
        step = f"{moment}_step"
        setattr(Supervised, step, before_nth(getattr(Supervised, step), number, stop))


def run(request: dict[str, Any]) -> int:
    """Run `ml` in a child; returns its exit code."""
    child = os.fork()
    if child == 0:
        folder = Path(request["folder"])
        os.chdir(folder)
        for descriptor, name in ((1, "out.txt"), (2, "err.txt")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if "signal" in request:
            disturb(request["moment"], request["number"], request["signal"])
        sys.argv = ["ml", *request["words"]]
        ml()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    """Answer until standard input ends."""
    # Not by Python's reader: a child would find its own requests in the copied buffer.
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    while line := requests.readline():
        os.write(1, json.dumps({"code": run(json.loads(line))}).encode() + b"\n")


if __name__ == "__main__":
    main()

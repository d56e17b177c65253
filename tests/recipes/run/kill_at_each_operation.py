"""A program: does an action again and again, each time in a process that SIGKILL ends one file operation later.

    python kill_at_each_operation.py TEST_FILE ACTION BEFORE KILLED

copies the folder BEFORE to KILLED/0, KILLED/1, …, runs ACTION(copy) of TEST_FILE in a forked child that dies at its
0th, 1st, … operation (a write dies half done), and stops with the first child that comes through.
"""

import importlib.util
import itertools
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

OPERATIONS = ("open", "write", "fsync", "rename", "replace", "mkdir", "unlink", "rmdir")


def arm(fatal: int) -> None:
    count = itertools.count()

    def armed(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*arguments: Any, **options: Any) -> Any:
            if next(count) == fatal:
                if name == "write":
                    real(arguments[0], arguments[1][: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **options)

        return operation

    for name in OPERATIONS:
        setattr(os, name, armed(name, getattr(os, name)))


def comes_through(action: Callable[[Path], None], folder: Path, fatal: int) -> bool:
    child = os.fork()
    if child == 0:
        try:
            arm(fatal)
            action(folder)
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status) and os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"the action failed at operation {fatal}")
    return not os.WIFSIGNALED(status)


def main(test_file: str, action_name: str, before: str, killed: str) -> None:
    spec = importlib.util.spec_from_file_location("actions", test_file)
    assert spec is not None
    assert spec.loader is not None
    actions = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(actions)
    for fatal in itertools.count():
        folder = Path(killed) / str(fatal)
        shutil.copytree(before, folder)
        if comes_through(getattr(actions, action_name), folder, fatal):
            return


if __name__ == "__main__":
    main(*sys.argv[1:])

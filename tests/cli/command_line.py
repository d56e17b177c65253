"""Runs the command line: as a process of its own, as a person does, or inside the test's process."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
INSTALLED = Path(sys.executable).with_name("ml")

# What pip writes for the entry point `ml = "cli.main:main"`.
SCRIPT = f"#!{sys.executable}\nimport sys\n\nfrom cli.main import main\n\nsys.exit(main())\n"


@dataclass(frozen=True)
class Shell:
    """A shell with a working folder and a home of its own; `script` is the console script `ml`."""

    folder: Path
    home: Path
    script: Path

    @property
    def environment(self) -> dict[str, str]:
        """The test's own environment, without what would lead Python elsewhere."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GALLEY", "MLFLOW"))
        }
        # Only an installed package is found from another folder by itself.
        found = {} if INSTALLED.exists() else {"PYTHONPATH": str(ROOT)}
        return kept | found | {"HOME": str(self.home), "COLUMNS": "200"}

    def ml(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run `ml` to its end."""
        return self.run([str(self.script), *arguments], variables)

    def python(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run this Python to its end."""
        return self.run([sys.executable, *arguments], variables)

    def run(self, command: Sequence[str], variables: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        environment = self.environment | dict(variables)
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=100)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start `ml` and let it run."""
        return subprocess.Popen(
            [str(self.script), *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Tests that run in the background ignore the signal, and so would their children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def write(self, name: str, text: str) -> Path:
        """Write a file into the working folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

"""Sending a run's files to MLflow: its config, its environment, and whatever appears in its `artifacts` folder."""

import json
from collections.abc import Iterator
from pathlib import Path

from mlflow import MlflowClient

from recipes.tracking.confusion_matrix import CONFUSION_MATRIX_FILE, confusion_matrix_picture

FACTS = ("config.yaml", "overrides.txt", "env.json")


class ArtifactSender:
    """Sends files that are new or have changed; one that MLflow did not take is told of and tried again at the end."""

    def __init__(self, client: MlflowClient, run_id: str, run_folder: Path) -> None:
        self._client = client
        self._run_id = run_id
        self._folder = run_folder
        self._tried: dict[Path, tuple[int, int]] = {}
        self.refused: set[Path] = set()

    def send(self, again: bool = False) -> None:
        """Send what has appeared since the last call; `again`, what was refused too."""
        if again:
            for path in self.refused:
                self._tried.pop(path, None)
        for path in self._files():
            about = path.stat()
            state = (about.st_mtime_ns, about.st_size)
            if self._tried.get(path) != state:
                self._tried[path] = state
                self._send(path)

    def _files(self) -> Iterator[Path]:
        for name in FACTS:
            if (self._folder / name).is_file():
                yield self._folder / name
        # A name with a dot in front is a file that somebody is still writing.
        for path in sorted((self._folder / "artifacts").rglob("[!.]*")):
            if path.is_file():
                yield path

    def _send(self, path: Path) -> None:
        try:
            if path.name == CONFUSION_MATRIX_FILE:
                fields = json.loads(path.read_bytes())
                picture = path.with_suffix(".png")
                confusion_matrix_picture(fields["matrix"], fields["labels"], picture)
                self._upload(picture)
            self._upload(path)
            self.refused.discard(path)
        except Exception as error:
            # Metrics and status matter more than a file: a store of artifacts that is closed to us must not stop them.
            print(f"MLflow did not take {path}: {error}")
            self.refused.add(path)

    def _upload(self, path: Path) -> None:
        inside = path.relative_to(self._folder)
        parts = inside.parts[1:-1] if inside.parts[0] == "artifacts" else ()
        self._client.log_artifact(self._run_id, str(path), "/".join(parts) or None)

"""Loading of rows from files, once for all test modules that use them."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from engine.testing.row import ROWS, Row


@cache
def load_rows(folder: Path) -> tuple[Row, ...]:
    """The rows that the files `rows_*.py` of a folder declare; each file is run once a process."""
    for path in sorted(folder.glob("rows_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return tuple(row for rows in ROWS.values() for row in rows)

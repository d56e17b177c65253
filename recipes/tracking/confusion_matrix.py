"""The confusion matrix as a file that the training writes and as a picture that the mirror draws from it."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

CONFUSION_MATRIX_FILE = "confusion_matrix.json"


def write_confusion_matrix(matrix: Sequence[Sequence[int]], labels: Sequence[str], run_folder: Path) -> Path:
    """Write counts (a row per true class, a column per predicted one) where the mirror finds and draws them."""
    path = run_folder / "artifacts" / CONFUSION_MATRIX_FILE
    path.parent.mkdir(exist_ok=True)
    counts = [[int(count) for count in row] for row in matrix]
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_text(json.dumps({"labels": [str(label) for label in labels], "matrix": counts}))
    os.replace(unfinished, path)
    return path


def confusion_matrix_picture(matrix: Sequence[Sequence[int]], labels: Sequence[str], path: Path) -> None:
    """Draw counts as a PNG: colour is each true class's share, numbers are the counts above 0 (up to 20 classes)."""
    # Lazy for start-up time: only whoever draws should wait for matplotlib.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    classes = len(labels)
    shares = [[count / max(1, sum(row)) for count in row] for row in matrix]
    side = min(14.0, 2.5 + 0.5 * classes)
    figure = Figure(figsize=(side + 1, side), dpi=120)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, shrink=0.8, label="share of the true class")
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if classes <= 100:
        upright = max((len(label) for label in labels), default=0) <= 3
        axes.set_xticks(range(classes), labels, rotation=0 if upright else 90)
        axes.set_yticks(range(classes), labels)
    if classes <= 20:
        for row in range(classes):
            for column in range(classes):
                count = str(matrix[row][column] or "")
                colour = "white" if shares[row][column] > 0.5 else "black"
                axes.text(column, row, count, ha="center", va="center", color=colour, fontsize=8)
    unfinished = path.with_name(f".{path.name}")
    figure.savefig(unfinished, format="png", bbox_inches="tight")
    os.replace(unfinished, path)

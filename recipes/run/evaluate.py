"""evaluate: the metrics of a run's checkpoint on one of its splits."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from recipes.callbacks import Callbacks
from recipes.errors import UsageError
from recipes.run.assemble import SPLITS, assemble
from recipes.run.checkpoint_history import load_best, load_latest
from recipes.run.host import with_tensors
from recipes.run.record import read_record
from recipes.run.restored import restored_config


def evaluate(
    folder: Path,
    *,
    split: str = "test",
    checkpoint: Literal["best", "last"] = "best",
    trusted: Sequence[str] = (),
    console: bool = True,
) -> dict[str, float]:
    """The metrics of the best or the newest checkpoint on a split; the run itself stays as it is.

    Raises UsageError for an unknown split and for a run without a checkpoint.
    """
    if split not in SPLITS:
        raise UsageError(f"there is no split {split!r}; there are {', '.join(SPLITS)}")
    recipe = assemble(restored_config(folder, read_record(folder)), trusted)
    loaded = (load_best if checkpoint == "best" else load_latest)(folder / "checkpoints")
    if loaded is None:
        raise UsageError(f"run {folder.name} has no {checkpoint} checkpoint yet")
    model = recipe.model.to(recipe.device)
    model.load_state_dict(with_tensors(loaded.parts["model"]))
    loop = recipe.make_loop(
        model=model,
        optimizer=None,
        loaders=recipe.loaders(),
        metrics=recipe.metrics,
        callbacks=Callbacks({}),
        device=recipe.device,
        epochs=recipe.config["epochs"],
        log=lambda step, epoch, metrics: None,
        interrupted=lambda: False,
        compile=recipe.compile,
    )
    return dict(loop.evaluate(split))

"""A recipe whose parts don't fit is refused before data is read: exit 2, one message, and no folder."""

import pytest

from tests.recipes.run.trainer import SHORT, ForkServer, Trainer

# Words after those of SHORT, and what the message must say.
UNFIT: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "input and first layer": (("model.in_features=63",), ("(1, 8, 8)", "63", "layers.1", "128x64")),
    "last layer and classes": (("model.out_features=5",), ("10 classes", "5 scores", "(128, 5)")),
    "loss and targets": (("loop.loss._target_=engine.nn.BCELoss",), ("(128, 10)", "int64", "BCELoss")),
    "best by a metric that isn't there": (
        ("checkpoint.monitor=validation/nope",),
        ("no metric 'validation/nope'", "did you mean 'validation/loss'?", "validation/accuracy"),
    ),
    "schedule by a metric that isn't there": (
        (
            "~scheduler.rule.max_lr",
            "~scheduler.rule.epochs",
            "~scheduler.rule.pct_start",
            "scheduler.rule._target_=engine.optim.lr_scheduler.ReduceLROnPlateau",
            "scheduler.every=1ep",
            "+scheduler.monitor=validation/nope",
        ),
        ("scheduler.monitor", "no metric 'validation/nope'"),
    ),
    "two at once": (
        ("checkpoint.monitor=validation/nope", "model.out_features=5"),
        ("2 problems", "no metric 'validation/nope'", "5 scores"),
    ),
    "interval": (("checkpoint.every=7steps",), ("checkpoint.every", "'7steps' is no interval", "500st")),
    "clock that would decide the result": (("scheduler.every=1min",), ("scheduler.every", "clock")),
    "learning rate": (("optimizer.lr=-1",), ("-1", "optimizer")),
    "argument of the rule": (("scheduler.rule.pct_start=3",), ("scheduler.rule", "pct_start")),
    "batch larger than the data": (
        ("data.batch_size=5000", "data.drop_last=true"),
        ("5000", "1261 samples"),
    ),
    "no epoch": (("epochs=0",), ("epochs", "0")),
    "value that a part refuses": (("model.hidden=[0]",), ("model", "at least 1")),
}


@pytest.mark.parametrize("case", UNFIT)
def test_unfit_recipe_is_refused(case: str, trainer: Trainer, forks: ForkServer) -> None:
    words, expected = UNFIT[case]
    answer = forks.ml(trainer, "train", *SHORT, *words)
    assert answer.code == 2, answer.error
    assert answer.error.count("Error: ") == 1
    assert "Traceback" not in answer.error
    assert [part for part in expected if part not in answer.error] == [], answer.error
    assert answer.output == ""
    assert not (trainer.folder / "outputs").exists()


def test_data_that_cannot_be_read_leaves_no_folder(trainer: Trainer, forks: ForkServer) -> None:
    answer = forks.ml(trainer, "train", "config=fashion_mlp", "data.root=/nowhere", "~tracking.mlflow")
    assert (answer.code, answer.error) == (2, "Error: data.root=/nowhere: there is no such folder\n")
    assert not (trainer.folder / "outputs").exists()

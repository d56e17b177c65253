"""A training that SIGKILL ends in a write, fsync or rename, in a step or in an evaluation goes on to the same bytes."""

import itertools
from pathlib import Path

import pytest

from tests.recipes.run.trainer import SHORT, Answer, ForkServer, Trainer, same_run

KILLED = -9
# One epoch: a checkpoint in its middle, and one at its end that is the best.
ONE_EPOCH = (*SHORT, "epochs=1")
# A kill at every n-th operation of a quarter of them; all four together kill at each.
QUARTERS = range(4)


def go_on(forks: ForkServer, trainer: Trainer) -> Answer:
    """Resume what is there."""
    answer = forks.ml(trainer, "resume", "latest")
    assert answer.code == 0, answer.error
    return answer


@pytest.fixture(scope="session")
def one_epoch(tmp_path_factory: pytest.TempPathFactory, forks: ForkServer) -> Path:
    trainer = Trainer(tmp_path_factory.mktemp("one-epoch"))
    answer = forks.ml(trainer, "train", *ONE_EPOCH)
    assert answer.code == 0, answer.error
    return trainer.run


def killed_at(forks: ForkServer, folder: Path, numbers: range | itertools.count, *words: str) -> list[Trainer]:
    """Trainings killed at these operations, as far as there are so many."""
    killed = []
    for number in numbers:
        trainer = Trainer(folder / str(number))
        answer = forks.ml(trainer, "train", *ONE_EPOCH, *words, at=("SIGKILL", "operation", number))
        if answer.code == 0:
            break
        assert answer.code == KILLED, answer.error
        killed.append(trainer)
    return killed


def finishes_alike(forks: ForkServer, trainer: Trainer, undisturbed: Path) -> bool:
    """Whether a killed training ends as the undisturbed one; a kill before the run was published left none."""
    if trainer.runs:
        go_on(forks, trainer)
    else:
        assert forks.ml(trainer, "train", *ONE_EPOCH).code == 0
    return same_run(trainer.run, undisturbed)


def test_killed_at_some_operations(tmp_path: Path, forks: ForkServer, one_epoch: Path) -> None:
    killed = killed_at(forks, tmp_path, range(7, 200, 23))
    assert len(killed) >= 3
    for trainer in killed:
        assert finishes_alike(forks, trainer, one_epoch)


@pytest.mark.slow
@pytest.mark.parametrize("quarter", QUARTERS)
def test_killed_at_every_operation(quarter: int, tmp_path: Path, forks: ForkServer, one_epoch: Path) -> None:
    killed = killed_at(forks, tmp_path, range(quarter, 1000, len(QUARTERS)))
    # Two checkpoints of three files and a pointer, the second also the best, and the records of the run.
    assert len(killed) > 15
    for trainer in killed:
        assert finishes_alike(forks, trainer, one_epoch)


@pytest.mark.slow
def test_killed_at_some_operations_with_workers(tmp_path: Path, forks: ForkServer, one_epoch: Path) -> None:
    killed = killed_at(forks, tmp_path, range(2, 1000, 9), "data.workers=2")
    assert len(killed) > 5
    for trainer in killed:
        assert finishes_alike(forks, trainer, one_epoch)


@pytest.mark.slow
def test_killed_again_at_operations_of_the_resume(tmp_path: Path, forks: ForkServer, one_epoch: Path) -> None:
    again = 0
    for number in range(0, 1000, 3):
        trainer = Trainer(tmp_path / str(number))
        assert forks.ml(trainer, "train", *ONE_EPOCH, at=("SIGKILL", "training", 8)).code == KILLED
        if forks.ml(trainer, "resume", "latest", at=("SIGKILL", "operation", number)).code == 0:
            break
        again += 1
        assert finishes_alike(forks, trainer, one_epoch)
    assert again > 5


# 10 steps an epoch; 2 batches validate each of 2 epochs, and 3 test at the end.
MOMENTS = [("training", number) for number in (0, 3, 7, 10, 19)] + [("evaluation", number) for number in range(7)]
# Tried in each suite; the others are slow only because they are many.
SOON = [("training", 3), ("training", 10), ("evaluation", 1), ("evaluation", 6)]


@pytest.mark.parametrize(
    ("moment", "number"),
    [pytest.param(*each, marks=() if each in SOON else pytest.mark.slow) for each in MOMENTS],
)
def test_killed_in_a_step(moment: str, number: int, trainer: Trainer, forks: ForkServer, short_run: Path) -> None:
    assert forks.ml(trainer, "train", *SHORT, at=("SIGKILL", moment, number)).code == KILLED
    go_on(forks, trainer)
    assert same_run(trainer.run, short_run)

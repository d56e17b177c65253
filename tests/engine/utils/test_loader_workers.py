"""DataLoader with real worker processes: the same batches, errors with their place, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from engine.backend import philox
from engine.creation import tensor
from engine.utils.data import BatchPlace, DataLoader, Dataset, get_sample_info, get_worker_info

SIZE = 37


class Noisy(Dataset[Any]):
    def __len__(self) -> int:
        return SIZE

    def __getitem__(self, index: int) -> Any:
        info = get_sample_info()
        assert info is not None
        return {"index": index, "noise": info.generator().random(3), "name": f"sample {index}"}


class Deadly(Noisy):
    """Ends its worker at sample 11."""

    def __getitem__(self, index: int) -> Any:
        if index == 11:
            os.kill(os.getpid(), signal.SIGKILL)
        return index


class Broken(Noisy):
    def __getitem__(self, index: int) -> Any:
        if index == 13:
            raise KeyError("no such column")
        return index


class Slow(Noisy):
    def __getitem__(self, index: int) -> Any:
        time.sleep(60)


class Asking(Noisy):
    def __getitem__(self, index: int) -> Any:
        info = get_worker_info()
        assert info is not None
        assert isinstance(info.dataset, Asking)
        return info.id, info.num_workers, info.seed, int(os.environ["OPENBLAS_NUM_THREADS"]), os.getpid()


class Large(Noisy):
    """Batches that no pipe holds at once."""

    def __getitem__(self, index: int) -> Any:
        return np.full((64, 1024), index, np.float32)


def jitter(batch: Any, place: BatchPlace) -> Any:
    batch["shift"] = philox.sample_uniform(np, place.seed, place.epoch, place.indices)
    return batch


def as_tensors(samples: list[Any]) -> Any:
    return tensor([float(sample["index"]) for sample in samples])


def refuse(worker: int) -> None:
    raise OSError(f"worker {worker} has no licence")


def plain(batches: Any) -> list[Any]:
    return [
        {name: value if isinstance(value, list) else value.tolist() for name, value in batch.items()}
        for batch in batches
    ]


@pytest.mark.parametrize("shuffle", [False, True])
def test_any_number_of_workers_gives_the_same_batches(shuffle: bool) -> None:
    def made(workers: int) -> Any:
        return DataLoader(
            Noisy(), 5, shuffle, num_workers=workers, seed=9, batch_transform=jitter, persistent_workers=workers > 0
        )

    alone, one, four = made(0), made(1), made(4)
    for _ in range(2):
        expected = plain(alone)
        assert plain(one) == expected
        assert plain(four) == expected
    for loader in (alone, one, four):
        loader.load_state_dict({"epoch": 1, "batches": 3})
    assert plain(one) == plain(four) == expected[3:] == plain(alone)


def test_a_pass_that_was_given_up_leaves_nothing_in_the_next() -> None:
    loader = DataLoader(Noisy(), 4, num_workers=2, seed=1, persistent_workers=True, prefetch_factor=3)
    for _ in range(3):
        next(iter(loader))
    expected = DataLoader(Noisy(), 4, seed=1)
    expected.set_epoch(3)
    assert plain(loader) == plain(expected)


def test_workers_end_with_their_pass_and_with_their_loader() -> None:
    me = psutil.Process()

    def workers() -> int:
        return sum("resource_tracker" not in " ".join(child.cmdline()) for child in me.children())

    before = workers()
    loader = DataLoader(Noisy(), 4, num_workers=2)
    for _ in loader:
        assert workers() == before + 2
        break
    wait_until(lambda: workers() == before, 5)
    lasting = DataLoader(Noisy(), 4, num_workers=2, persistent_workers=True)
    assert len(list(lasting)) == 10
    assert workers() == before + 2
    del lasting
    wait_until(lambda: workers() == before, 5)


def test_a_worker_knows_itself_and_has_one_thread() -> None:
    batches = list(DataLoader(Asking(), 10, num_workers=2, seed=100, collate_fn=list))
    assert [batch[0][:4] for batch in batches] == [(0, 2, 100, 1), (1, 2, 101, 1)] * 2
    assert len({sample[4] for batch in batches for sample in batch}) == 2
    assert os.getpid() not in {sample[4] for batch in batches for sample in batch}


def test_large_batches_and_tensors_travel() -> None:
    for number, batch in enumerate(DataLoader(Large(), 4, num_workers=2)):
        assert batch.shape[1:] == (64, 1024)
        assert np.array_equal(batch.array[:, 5, 5], np.arange(SIZE)[4 * number : 4 * number + 4])
    made = list(DataLoader(Noisy(), 5, num_workers=1, collate_fn=as_tensors))
    assert made[1].tolist() == [5, 6, 7, 8, 9]
    assert (made[1] * 2).sum().item() == 70


def test_a_forkserver_starts_workers_too() -> None:
    loader = DataLoader(Noisy(), 10, num_workers=2, multiprocessing_context="forkserver", seed=4)
    assert plain(loader) == plain(DataLoader(Noisy(), 10, seed=4))


def test_an_error_comes_with_its_traceback_and_sample() -> None:
    loader = DataLoader(Broken(), 4, num_workers=2, persistent_workers=True)
    with pytest.raises(RuntimeError, match="Caught KeyError in DataLoader worker process 1") as caught:
        list(loader)
    text = str(caught.value)
    assert "in __getitem__" in text
    assert 'raise KeyError("no such column")' in text
    assert "while loading sample 13 in epoch 0" in text


def test_an_error_at_the_start_is_raised() -> None:
    with pytest.raises(OSError, match="worker 0 has no licence"):
        list(DataLoader(Noisy(), 4, num_workers=1, worker_init_fn=refuse))


def test_a_killed_worker_is_named() -> None:
    with pytest.raises(RuntimeError, match=r"worker 0 \(pid \d+\) ended unexpectedly, killed by signal SIGKILL"):
        list(DataLoader(Deadly(), 4, num_workers=2))


def test_a_worker_that_takes_too_long_is_ended() -> None:
    begin = time.monotonic()
    with pytest.raises(RuntimeError, match="timed out after 1 seconds"):
        list(DataLoader(Slow(), 4, num_workers=1, timeout=1))
    assert time.monotonic() - begin < 10


def test_what_cannot_travel_is_said() -> None:
    with pytest.raises(RuntimeError, match="cannot be sent to a worker"):
        list(DataLoader(Noisy(), 4, num_workers=1, collate_fn=lambda samples: samples))


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


TRAINER = '''
"""A trainer in the middle of an epoch; it says which processes it has."""
import sys, time, psutil
from engine.utils.data import DataLoader, Dataset

class Busy(Dataset):
    def __len__(self):
        return 10_000

    def __getitem__(self, index):
        end = time.monotonic() + 0.01
        while time.monotonic() < end:
            pass
        return [0.0] * 20_000

if __name__ == "__main__":
    method, ending = sys.argv[1:]
    loader = DataLoader(Busy(), 4, num_workers=2, multiprocessing_context=method, persistent_workers=True)
    for number, _ in enumerate(loader):
        if number == 3:
            print(*(child.pid for child in psutil.Process().children(recursive=True)), flush=True)
            if ending == "return":
                break
            time.sleep(60)
'''


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
@pytest.mark.parametrize("ending", ["SIGKILL", "SIGTERM", "return"])
def test_no_process_and_no_memory_outlives_the_trainer(tmp_path: Path, method: str, ending: str) -> None:
    program = tmp_path / "trainer.py"
    program.write_text(TRAINER)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    shared = Path("/dev/shm")
    before = set(shared.iterdir()) if shared.exists() else set()
    trainer = subprocess.Popen(
        [sys.executable, str(program), method, ending], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert trainer.stdout is not None
    try:
        children = [
            psutil.Process(int(pid)) for pid in trainer.stdout.readline().split() if psutil.pid_exists(int(pid))
        ]
        assert len(children) >= 2 or ending == "return"
        if ending != "return":
            trainer.send_signal(getattr(signal, ending))
        trainer.wait(10)
        _, alive = psutil.wait_procs(children, 10)
        assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
        if shared.exists():
            assert not [path for path in set(shared.iterdir()) - before if path.owner() == Path(program).owner()]
    finally:
        trainer.kill()
        trainer.wait()
        trainer.stdout.close()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX's signals")
def test_a_signal_to_the_whole_job_leaves_workers_to_their_trainer() -> None:
    loader = DataLoader(Noisy(), 4, num_workers=2, persistent_workers=True)
    batches = iter(loader)
    next(batches)
    workers = [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]
    assert len(workers) == 2
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
        worker.send_signal(signal.SIGINT)
    assert len(list(batches)) == 9

"""A compiled step of training gives the same bits each time and on any number of threads, whatever else runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn, optim
from engine.backend.thread_count import kernel_threads
from engine.nn import functional
from engine.testing.plans import kernel_calls, plan_of
from engine.utils.data import DataLoader

# A few in the fast tests, a hundred in the slow ones.
FEW, MANY = 10, 100


class Images:
    """A convolutional net with normalisation and dropout, on a batch of pictures."""

    def __init__(self) -> None:
        self.model = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1, stride=2),
            nn.GELU(),
            nn.Dropout(0.3),
            nn.Flatten(),
            nn.Linear(32 * 16, 10),
        )
        self.inputs, self.targets = engine.randn(32, 3, 16, 16), engine.randint(0, 10, (32,))

    def loss(self) -> Any:
        return functional.cross_entropy(self.model(self.inputs), self.targets)


class Words:
    """A block of a transformer over embedded words, its scores as large as its vocabulary."""

    def __init__(self) -> None:
        self.table = nn.Embedding(80, 64)
        self.block = nn.TransformerEncoderLayer(64, 4, 128, dropout=0.1, batch_first=True)
        self.head = nn.Linear(64, 80)
        self.model = nn.ModuleList([self.table, self.block, self.head])
        self.inputs, self.targets = engine.randint(0, 80, (8, 48)), engine.randint(0, 80, (8 * 48,))

    def loss(self) -> Any:
        scores = self.head(self.block(self.table(self.inputs)))
        return functional.cross_entropy(scores.reshape(-1, 80), self.targets)


class Repeated:
    """One step of training, done again and again from one state."""

    def __init__(self, make: Callable[[], Any]) -> None:
        engine.manual_seed(11)
        self.net = make()
        self.optimizer = optim.AdamW(self.net.model.parameters(), lr=1e-2)
        self.step = engine.compile(self.update)
        for _ in range(3):
            self.step()
        self.start = self.arrays()
        self.generator = engine.get_rng_state()

    def update(self) -> Any:
        self.optimizer.zero_grad()
        loss = self.net.loss()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.model.parameters(), 1.0)
        self.optimizer.step()
        return loss.detach()

    def tensors(self) -> list[Any]:
        states = self.optimizer.state_dict()["state"].values()
        return [*self.net.model.state_dict().values(), *(each for state in states for each in state.values())]

    def arrays(self) -> list[np.ndarray]:
        return [np.array(each.array) for each in self.tensors()]

    def once(self) -> bytes:
        """The bytes of the loss, of gradients, of parameters, buffers and the optimizer's state after a step."""
        for tensor, start in zip(self.tensors(), self.start, strict=True):
            tensor.array[...] = start
        engine.set_rng_state(self.generator)
        loss = self.step()
        gradients = [each.grad.array for each in self.net.model.parameters()]
        return b"".join(each.tobytes() for each in (loss.array, *gradients, *self.arrays()))


class Pictures:
    """In memory, a batch at a time."""

    vectorized = True

    def __init__(self) -> None:
        self.pictures = np.random.default_rng(0).random((512, 3, 16, 16), np.float32)

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, indices: Any) -> Any:
        return self.pictures[indices] * np.float32(2) - 1


@pytest.fixture
def busy() -> Iterator[None]:
    """A loader that makes batches ahead, and a thread of NumPy's, both without a pause."""
    over = threading.Event()

    def load() -> None:
        loader = DataLoader(Pictures(), 32, True, seed=1, batches_ahead=4)
        while not over.is_set():
            for _ in loader:
                if over.is_set():
                    break

    def calculate() -> None:
        matrix = np.random.default_rng(0).random((150, 150), np.float32)
        while not over.is_set():
            np.tanh(matrix @ matrix).sum()

    threads = [threading.Thread(target=each) for each in (load, calculate)]
    for each in threads:
        each.start()
    yield
    over.set()
    for each in threads:
        each.join()


@pytest.fixture
def threads_as_before() -> Iterator[None]:
    before = kernel_threads.count, engine.get_num_threads()
    yield
    engine.set_num_threads(before[1])
    kernel_threads.count = before[0]


@pytest.mark.usefixtures("busy", "threads_as_before")
@pytest.mark.parametrize("repetitions", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
@pytest.mark.parametrize("make", [Images, Words])
def test_a_step_repeated_beside_a_busy_loader(make: Callable[[], Any], repetitions: int) -> None:
    # Planned on one thread: on two, kernels need more memory.
    engine.set_num_threads(1)
    repeated = Repeated(make)
    found = set()
    for threads in (1, 2):
        engine.set_num_threads(threads)
        found |= {repeated.once() for _ in range(repetitions)}
        assert len(found) == 1, f"{len(found)} outcomes on up to {threads} threads"
    assert kernel_calls(plan_of(repeated.step)) > 10
    assert repeated.step.replays >= 2 * repetitions


@pytest.mark.usefixtures("threads_as_before")
@pytest.mark.parametrize("make", [Images, Words])
def test_a_replay_gives_the_bits_of_the_function(make: Callable[[], Any]) -> None:
    repeated = Repeated(make)
    replayed = repeated.once()
    repeated.step = repeated.update
    assert repeated.once() == replayed
    # Nor is that because nothing makes a difference.
    repeated.generator = engine.get_rng_state()
    assert repeated.once() != replayed

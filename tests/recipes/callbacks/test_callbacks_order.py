"""Callbacks are called by priority, then in the order of the config, and keep their states by name."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from recipes.callbacks import Callback, Callbacks, Checkpoint, EarlyStopping, NanGuard, Progress, Scheduler

HOOKS: dict[str, tuple[Any, ...]] = {
    "on_start": (None,),
    "before_update": (None, None, None),
    "after_step": (None,),
    "after_epoch": (None, {}),
    "on_end": (None,),
    "close": (),
}


class Named(Callback):
    """Says its name at each hook and counts them as its state."""

    def __init__(self, name: str, priority: int, told: list[str]) -> None:
        self.name, self.priority, self.told, self.count = name, priority, told, 0

    def tell(self, *given: Any) -> None:
        self.told.append(self.name)
        self.count += 1

    on_start: Any = tell
    before_update: Any = tell
    after_step: Any = tell
    after_epoch: Any = tell
    on_end: Any = tell
    close: Any = tell

    def state_dict(self) -> dict[str, Any]:
        return {"count": self.count}

    def load_state_dict(self, state: Any) -> None:
        self.count = state["count"]


@given(st.lists(st.integers(-2, 2), max_size=6), st.sampled_from(sorted(HOOKS)))
def test_every_hook_is_called_by_priority_then_by_the_order_given(priorities: list[int], hook: str) -> None:
    told: list[str] = []
    callbacks = Callbacks({str(number): Named(str(number), each, told) for number, each in enumerate(priorities)})
    getattr(callbacks, hook)(*HOOKS[hook])
    assert told == [str(number) for _, number in sorted((-each, number) for number, each in enumerate(priorities))]


def test_the_guard_comes_first_and_the_checkpoint_last() -> None:
    kinds: tuple[type[Callback], ...] = (Checkpoint, Progress, EarlyStopping, Scheduler, NanGuard)
    assert sorted(kinds, key=lambda kind: -kind.priority) == [NanGuard, Scheduler, EarlyStopping, Progress, Checkpoint]


def test_states_go_by_name_and_a_new_callback_starts_afresh() -> None:
    told: list[str] = []
    old = Callbacks({"one": Named("one", 0, told), "gone": Named("gone", 0, told)})
    old.on_end(None)  # type: ignore[arg-type]
    newcomer, one = Named("new", 0, told), Named("one", 5, told)
    Callbacks({"new": newcomer, "one": one}).load_state_dict(old.state_dict())
    assert (one.count, newcomer.count) == (1, 0)


def test_a_callback_of_its_own_needs_no_hook_and_no_state() -> None:
    plain = Callback()
    for hook, arguments in HOOKS.items():
        getattr(plain, hook)(*arguments)
    plain.load_state_dict(plain.state_dict())
    assert plain.monitors == ()

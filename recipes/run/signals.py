"""Stop signals: remembered when they come, asked for between batches."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

_STATUS = {signal.SIGTERM: "preempted", signal.SIGUSR1: "preempted", signal.SIGINT: "interrupted"}


class StopSignals:
    """Remembers the first SIGTERM, SIGUSR1 or SIGINT inside the block; a second SIGINT ends the program at once."""

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self.previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for each in _STATUS:
            self.previous[each] = signal.signal(each, self._remember)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each, handler in self.previous.items():
            signal.signal(each, handler)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if self.received is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.received = self.received or signal.Signals(number)

    def asked_to_stop(self) -> bool:
        """Whether one came."""
        return self.received is not None

    @property
    def status(self) -> str:
        """How a run ends that was stopped so."""
        return _STATUS[self.received] if self.received is not None else "interrupted"

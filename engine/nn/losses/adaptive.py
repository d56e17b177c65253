"""AdaptiveLogSoftmaxWithLoss: log-probabilities of very many classes, rare ones in clusters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from engine.nn.containers import ModuleList, Sequential
from engine.nn.layers.linear import Linear
from engine.nn.module import Module
from engine.ops.layouts.joining import cat
from engine.ops.reductions.softmax import log_softmax


class AdaptiveLogSoftmax(NamedTuple):
    """The log-probability of each example's class, and the mean of their negatives."""

    output: Any
    loss: Any


class AdaptiveLogSoftmaxWithLoss(Module):
    """log p(class) for classes sorted from frequent to rare (torch.nn.AdaptiveLogSoftmaxWithLoss).

    The head scores the classes below cutoffs[0] and one entry for each cluster of rarer classes; cluster k scores its
    own classes, cutoffs[k] and up, through a bottleneck of in_features / div_value^(k + 1).
    Source: Grave et al., "Efficient softmax approximation for GPUs", 2017.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _check_cutoffs(list(cutoffs), n_classes)
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        options: dict[str, Any] = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **options)
        self.tail = ModuleList()
        for number, (first, end) in enumerate(pairwise(self.cutoffs), start=1):
            narrow = int(in_features // div_value**number)
            down = Linear(in_features, narrow, bias=False, **options)
            self.tail.append(Sequential(down, Linear(narrow, end - first, bias=False, **options)))

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        self.head.reset_parameters()
        for cluster in self.tail:
            for layer in cluster:
                layer.reset_parameters()

    def forward(self, input_: Any, target_: Any) -> AdaptiveLogSoftmax:
        self._check(input_, target_)
        batched = target_.ndim > 0
        input, target = (input_, target_) if batched else (input_.unsqueeze(0), target_.unsqueeze(0))
        output = self._own_log_prob(input, target)
        return AdaptiveLogSoftmax(output if batched else output.squeeze(0), (-output).mean())

    def log_prob(self, input: Any) -> Any:
        """The log-probabilities of all classes, [N, n_classes]."""
        head = log_softmax(self.head(input), 1)
        parts = [head[:, : self.shortlist_size]]
        for number, cluster in enumerate(self.tail):
            entry = head[:, self.shortlist_size + number]
            parts.append(log_softmax(cluster(input), 1) + entry.unsqueeze(1))
        return cat(parts, 1)

    def predict(self, input: Any) -> Any:
        """The most probable class of each example; clusters are scored only for those whose head names one."""
        best = self.head(input).argmax(1)
        rare = best >= self.shortlist_size
        if bool(rare.any()):
            best[rare] = self.log_prob(input[rare]).argmax(1)
        return best

    def _own_log_prob(self, input: Any, target: Any) -> Any:
        """Log p of each example's class: its entry in the head, plus that in its cluster."""
        entries = target
        tails = input.new_zeros(target.shape)
        for number, (first, end) in enumerate(pairwise(self.cutoffs)):
            inside = (target >= first) & (target < end)
            rows = inside.nonzero().squeeze(1)
            if not rows.numel():
                continue
            entries = entries.masked_fill(inside, self.shortlist_size + number)
            scores = log_softmax(self.tail[number](input.index_select(0, rows)), 1)
            own = scores.gather(1, (target.index_select(0, rows) - first).unsqueeze(1)).squeeze(1)
            tails = tails.index_add(0, rows, own)
        return tails + log_softmax(self.head(input), 1).gather(1, entries.unsqueeze(1)).squeeze(1)

    def _check(self, input: Any, target: Any) -> None:
        if target.ndim > 1:
            raise RuntimeError(
                f"0D or 1D target tensor expected, multi-target not supported: target has shape {list(target.shape)}"
            )
        if target.ndim and input.shape[:1] != target.shape:
            raise RuntimeError(
                "Input and target should have the same size in the batch dimension, but got input of shape "
                f"{list(input.shape)} and target of shape {list(target.shape)}."
            )
        if input.ndim != target.ndim + 1:
            raise RuntimeError(
                f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found inputs with size "
                f"{list(input.shape)}"
            )
        # On a GPU nobody waits to look.
        if target.device.type == "cpu" and bool(((target < 0) | (target >= self.n_classes)).any()):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{target.min().item()}, {target.max().item()}] were found. "
            )


def _check_cutoffs(cutoffs: list[int], classes: int) -> None:
    if not cutoffs:
        raise ValueError("cutoffs should be a sequence of length larger than 0")
    rising = all(first < second for first, second in pairwise([0, *cutoffs, classes]))
    if not rising or any(int(each) != each for each in cutoffs):
        raise ValueError(
            "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each "
            f"value is between 1 and n_classes-1 = {classes - 1}, got {cutoffs}"
        )

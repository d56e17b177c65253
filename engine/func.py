"""Functions of functions under the names of torch.func."""

from engine.nn.utils.stateless import functional_call

__all__ = ["functional_call"]

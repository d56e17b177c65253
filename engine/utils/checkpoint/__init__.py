"""Functions that keep nothing for backward, which runs them again instead (torch.utils.checkpoint)."""

from engine.utils.checkpoint.call import checkpoint, checkpoint_sequential
from engine.utils.checkpoint.region import CheckpointError, set_checkpoint_early_stop

__all__ = ["CheckpointError", "checkpoint", "checkpoint_sequential", "set_checkpoint_early_stop"]

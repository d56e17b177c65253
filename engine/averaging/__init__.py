"""Running averages of a model's weights: what joins models and optimizers under torch.optim.swa_utils' names."""

from engine.averaging.annealing import SWALR
from engine.averaging.averaged_model import AveragedModel
from engine.averaging.averages import get_ema_avg_fn, get_ema_multi_avg_fn, get_swa_avg_fn, get_swa_multi_avg_fn
from engine.averaging.batch_statistics import update_bn

__all__ = [
    "AveragedModel",
    "SWALR",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

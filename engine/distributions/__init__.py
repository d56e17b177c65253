"""Probability distributions under the names of torch.distributions."""

from engine.distributions import constraints, kl
from engine.distributions.bernoulli import Bernoulli
from engine.distributions.categorical import Categorical
from engine.distributions.distribution import Distribution
from engine.distributions.kl import kl_divergence, register_kl
from engine.distributions.normal import Normal
from engine.distributions.uniform import Uniform

__all__ = [
    "Bernoulli",
    "Categorical",
    "Distribution",
    "Normal",
    "Uniform",
    "constraints",
    "kl",
    "kl_divergence",
    "register_kl",
]

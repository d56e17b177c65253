"""Reinforcement learning: a replay memory with a target network, and an actor with a critic and clipped ratios."""

from collections import deque, namedtuple

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.distributions import Categorical, Normal, kl_divergence

torch.set_default_dtype(torch.float64)
Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(3, 8)
        self.values, self.action, self.critic = nn.Linear(8, 2), nn.Linear(8, 2), nn.Linear(8, 1)
        self.log_std = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        x = F.relu(self.body(x))
        return self.values(x), Categorical(logits=self.action(x)), self.critic(x).squeeze(-1)


def improve(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def learn_values(agent, target, transitions, optimizer):
    batch = Transition(*zip(*transitions, strict=True))
    alive = torch.tensor([state is not None for state in batch.next_state], dtype=torch.bool)
    chosen = agent(torch.cat(batch.state))[0].gather(1, torch.cat(batch.action))
    following = torch.zeros(8)
    with torch.no_grad():
        following[alive] = target(torch.cat([each for each in batch.next_state if each is not None]))[0].max(1).values
    loss = nn.SmoothL1Loss()(chosen, (following * 0.9 + torch.cat(batch.reward)).unsqueeze(1))
    improve(optimizer, loss)
    for kept, learnt in zip(target.parameters(), agent.parameters(), strict=True):
        kept.data.mul_(0.9).add_(learnt.data, alpha=0.1)
    return loss.item()


def learn_actions(agent, states, actions, rewards, optimizer):
    with torch.no_grad():
        _, old, values = agent(states)
        advantages, running = torch.zeros_like(rewards), 0.0
        for time in reversed(range(len(rewards) - 1)):
            advantages[time] = running = rewards[time] + 0.9 * values[time + 1] - values[time] + 0.8 * running
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    _, now, critic = agent(states)
    ratio = (now.log_prob(actions) - old.log_prob(actions)).exp()
    clipped = torch.min(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages).mean()
    spread = kl_divergence(Normal(critic, agent.log_std.exp()), Normal(values, 1.0)).mean()
    loss = -clipped + 0.5 * F.mse_loss(critic, rewards) - 0.01 * now.entropy().mean() + 0.1 * spread
    improve(optimizer, loss)
    return [loss.item(), kl_divergence(old, agent(states)[1]).mean().item()]


def train(initial):
    rng = np.random.default_rng(8)
    agent, target = Agent(), Agent()
    agent.load_state_dict(initial(agent))
    target.load_state_dict(agent.state_dict())
    optimizer = torch.optim.AdamW(agent.parameters(), lr=1e-2, amsgrad=True)
    memory, numbers = deque(maxlen=30), []
    state = torch.from_numpy(rng.normal(size=(1, 3)))
    for time in range(30):
        with torch.no_grad():
            action = agent(state)[0].max(1).indices.view(1, 1)
        following = torch.from_numpy(rng.normal(size=(1, 3)))
        memory.append(Transition(state, action, following if time % 7 else None, torch.tensor([rng.normal()])))
        state = following
        if len(memory) >= 10 and time % 2:
            transitions = [memory[each] for each in rng.permutation(len(memory))[:8]]
            numbers.append(learn_values(agent, target, transitions, optimizer))
    for _ in range(5):
        states, rewards = torch.from_numpy(rng.normal(size=(6, 3))), torch.from_numpy(rng.normal(size=6))
        numbers += learn_actions(agent, states, torch.from_numpy(rng.integers(0, 2, 6)), rewards, optimizer)
    return numbers

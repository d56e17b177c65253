"""A Wasserstein GAN with gradient penalty: two networks in turn, second-order gradients."""

import numpy as np
import torch
from torch import autograd, nn
from torch.nn.utils.parametrizations import weight_norm

torch.set_default_dtype(torch.float64)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.start = nn.Linear(5, 8 * 3 * 3)
        self.body = nn.Sequential(
            nn.BatchNorm2d(8), nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(8, 4, kernel_size=4, stride=2, padding=1), nn.InstanceNorm2d(4, affine=True), nn.ELU(),
            nn.Conv2d(4, 1, 3, padding=1, padding_mode="reflect"), nn.Tanh(),
        )  # fmt: skip

    def forward(self, noise):
        return self.body(self.start(noise).reshape(-1, 8, 3, 3))


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(1, 6, 3, stride=2, padding=1), weight_norm(nn.Linear(54, 16))])
        self.score = nn.Linear(16, 1)

    def forward(self, images):
        hidden = nn.functional.softplus(self.layers[0](images)).flatten(start_dim=1)
        return self.score(torch.tanh(self.layers[1](hidden))).squeeze(-1)


def penalty(critic, real, fake, share):
    mixed = (share * real + (1 - share) * fake).requires_grad_(True)
    scores = critic(mixed)
    (gradient,) = autograd.grad(scores, mixed, grad_outputs=torch.ones_like(scores), create_graph=True)
    return ((gradient.flatten(1).norm(2, dim=1) - 1) ** 2).mean()


def train(initial):
    rng = np.random.default_rng(5)
    generator, critic = Generator(), Critic()
    generator.load_state_dict(initial(generator))
    critic.load_state_dict(initial(critic))
    steps_g = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.0, 0.9))
    steps_c = torch.optim.RMSprop(critic.parameters(), lr=1e-3)
    losses = []
    for step in range(20):
        real = torch.from_numpy(rng.normal(0.5, 0.1, (6, 1, 6, 6)))
        fake = generator(torch.from_numpy(rng.normal(size=(6, 5)))).detach()
        share = torch.from_numpy(rng.random((6, 1, 1, 1)))
        steps_c.zero_grad()
        loss = critic(fake).mean() - critic(real).mean() + 10 * penalty(critic, real, fake, share)
        loss.backward()
        steps_c.step()
        losses.append(loss.item())
        if step % 2 == 1:
            for parameter in critic.parameters():
                parameter.requires_grad_(False)
            steps_g.zero_grad()
            loss = -critic(generator(torch.from_numpy(rng.normal(size=(6, 5))))).mean()
            loss.backward()
            steps_g.step()
            losses.append(loss.item())
            for parameter in critic.parameters():
                parameter.requires_grad_(True)
    return losses

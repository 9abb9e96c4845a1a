"""A discriminator that learns beside the network: `[adversary]` of a recipe."""

from typing import Any

from adversarial import feature_matching, generator_loss, gradient_penalty, hinge, wasserstein
from discriminators import DISCRIMINATORS
from recipe import DiscriminatorConfig
from task import AdversaryInput
from torch import Tensor, nn, optim, rand

KINDS = {"hinge": hinge, "wgan_gp": wasserstein}


class Adversary:
    """The discriminator and its optimizer; the trainer replaces both by what accelerate makes of them."""

    def __init__(self, config: DiscriminatorConfig, channels: int) -> None:
        self.config = config
        self.network: nn.Module = DISCRIMINATORS[config.network](channels, config.width)
        self.optimizer: Any = optim.AdamW(self.network.parameters(), config.rate, betas=(0.5, 0.98), weight_decay=0)

    def loss(self, inputs: AdversaryInput) -> Tensor:
        """The discriminator's own loss: how badly it tells the truth from the answer."""
        answer, truth, hole = inputs.answer.detach().float(), inputs.truth.float(), inputs.hole.float()
        true, generated = (self.network(self._seen(picture), hole)[-1].float() for picture in (truth, answer))
        loss = KINDS[self.config.kind](true, generated)
        if self.config.kind == "wgan_gp":
            share = rand(len(truth), 1, 1, 1).to(truth)
            penalty = gradient_penalty(
                lambda mixed: self.network(self._seen(mixed), hole)[-1], truth, answer, hole, share
            )
            loss = loss + self.config.penalty * penalty
        return loss

    def _seen(self, picture: Tensor) -> Tensor:
        return 0.5 + self.config.contrast * (picture - 0.5)

    def loss_for_network(self, unwrapped: nn.Module, inputs: AdversaryInput) -> Tensor:
        """The network's loss, weighted. `unwrapped` is the discriminator, which learns nothing from it."""
        unwrapped.requires_grad_(False)
        generated = unwrapped(self._seen(inputs.answer), inputs.hole)
        loss = self.config.weight * generator_loss(generated[-1].float())
        if self.config.matching:
            true = unwrapped(self._seen(inputs.truth), inputs.hole)
            loss = loss + self.config.matching * feature_matching(true[:-1], generated[:-1])
        unwrapped.requires_grad_(True)
        return loss

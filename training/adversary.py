"""A discriminator that learns beside the network: `[adversary]` of a recipe."""

from adversarial import feature_matching, fooling, gradient_penalty, hinge, wasserstein
from discriminators import DISCRIMINATORS
from recipe import Opponent
from task import Judged
from torch import Tensor, nn, optim, rand

KINDS = {"hinge": hinge, "wgan_gp": wasserstein}


class Adversary:
    """It and its optimizer. prepared: what accelerate makes of them; called with the rate's share of its highest."""

    def __init__(self, told: Opponent, channels: int) -> None:
        self.told = told
        self.network: nn.Module = DISCRIMINATORS[told.network](channels, told.width)
        self.optimizer = optim.AdamW(self.network.parameters(), told.rate, betas=(0.5, 0.98), weight_decay=0)

    def loss(self, judged: Judged) -> Tensor:
        """Its own: how badly it tells the truth from the answer."""
        answer, truth, hole = judged.answer.detach().float(), judged.truth.float(), judged.hole.float()
        true, made = (self.network(picture, hole)[-1].float() for picture in (truth, answer))
        loss = KINDS[self.told.kind](true, made)
        if self.told.kind == "wgan_gp":
            share = rand(len(truth), 1, 1, 1).to(truth)
            penalty = gradient_penalty(lambda mixed: self.network(mixed, hole)[-1], truth, answer, hole, share)
            loss = loss + self.told.penalty * penalty
        return loss

    def against(self, plain: nn.Module, judged: Judged) -> Tensor:
        """The network's, weighted, by the discriminator `plain`, which learns nothing from it."""
        plain.requires_grad_(False)
        made = plain(judged.answer, judged.hole)
        loss = self.told.weight * fooling(made[-1].float())
        if self.told.matching:
            true = plain(judged.truth, judged.hole)
            loss = loss + self.told.matching * feature_matching(true[:-1], made[:-1])
        plain.requires_grad_(True)
        return loss

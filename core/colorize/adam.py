"""Adam for the networks that are trained on a photo: torch's own steps without its optimizer classes.

Those load torch's compiler, for a second, and make a folder of its in the temporary folder.
"""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim.adam import adam


class Adam:
    """Gives the bits of `torch.optim.Adam`.

    Args:
        parameters: to be trained.
        rate: the learning rate, which may be set anew before each step.
        betas: decay of the moving averages of gradients and of their squares.
    """

    def __init__(self, parameters: Iterable[Tensor], rate: float, betas: tuple[float, float] = (0.9, 0.999)) -> None:
        self.parameters, self.rate, self.betas = list(parameters), rate, betas
        self.means, self.squares = ([torch.zeros_like(p) for p in self.parameters] for _ in range(2))
        self.steps = [torch.zeros(()) for _ in self.parameters]

    def step(self, loss: Tensor, clip: float = torch.inf) -> None:
        """Move the parameters against the gradients of a loss.

        Args:
            loss: one number.
            clip: the largest norm of all gradients together; longer ones are shortened to it.
        """
        for parameter in self.parameters:
            parameter.grad = None
        loss.backward()
        if clip < torch.inf:
            torch.nn.utils.clip_grad_norm_(self.parameters, clip)
        moved = [i for i, parameter in enumerate(self.parameters) if parameter.grad is not None]
        with torch.no_grad():
            adam(
                [self.parameters[i] for i in moved],
                [self.parameters[i].grad for i in moved],  # type: ignore[misc]
                [self.means[i] for i in moved],
                [self.squares[i] for i in moved],
                [],
                [self.steps[i] for i in moved],
                amsgrad=False,
                beta1=self.betas[0],
                beta2=self.betas[1],
                lr=self.rate,
                weight_decay=0.0,
                eps=1e-8,
                maximize=False,
            )

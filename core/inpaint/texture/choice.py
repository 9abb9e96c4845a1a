"""The choice of a known block for each place, so that neighbors agree where they overlap.

Min-sum belief propagation on the grid (Felzenszwalb, Huttenlocher 2006), in rounds. After the first, a block may also
go on where the known block of a neighbor leaves off, as in shift maps (Pritch et al. 2009), and a known block that
others use already costs more: without these the middle of a wide smooth fill becomes wallpaper.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from ...host.cancel import check_cancelled
from .blocks import BLOCK, OVERLAP, STEP, Grid, Known
from .candidates import KEPT, NEVER, Candidates, Matcher

PAIR = 2.0  # weight of the squared difference where neighbors overlap
ITERATIONS, ROUNDS = 8, 4
DAMPING = 0.3  # of messages
REUSE = 1.0  # what each other use of a known block costs, in medians of the costs of the place
LEAVES = 0.3  # share of the places whose present choice costs more by that: not all leave it at once
NEIGHBORS = 4
USE = BLOCK // 2  # pixels a side of the squares in which uses are counted


class Edges(NamedTuple):
    """Pairs of neighbors, (E,) each, and the cost of each pair of their candidates, (E, K, K)."""

    first: Tensor
    second: Tensor
    cost: Tensor


def choose_blocks(matcher: Matcher, known: Known, found: Candidates, random: Generator, variety: float = 1.0) -> Tensor:
    """The pixels of the known block that was chosen for each place, (N, BLOCK, BLOCK).

    Args:
        matcher: of the places.
        known: the known blocks.
        found: the candidates; `KEPT` of them are looked at.
        random: makes another choice for each seed.
        variety: noise on the costs, in their medians.
    """
    noise = torch.from_numpy(random.exponential(size=found.cost.shape).astype("float32"))
    cost = found.cost + variety * found.cost.median(1, keepdim=True).values * noise
    cost, order = cost.topk(min(KEPT, cost.shape[1]), largest=False)
    places = found.places.gather(1, order[..., None].expand(-1, -1, 2))
    kept = Candidates(places, found.shift.gather(1, order), cost)
    usual = cost.median(1, keepdim=True).values
    blocks = torch.cat([matcher.blocks(kept.places[i], kept.shift[i]) for i in _parts(len(places), 64)])
    every, count, cost = torch.arange(len(places)), cost.shape[1], kept.cost
    for turn in range(ROUNDS):
        chosen = _propagate(cost, _edges(matcher.grid, blocks))
        if turn == ROUNDS - 1:
            break
        best = kept.places[every, chosen]
        kept, blocks, chosen = _with_continuations(matcher, known, kept, blocks, chosen, count)
        cost = kept.cost + REUSE * usual * _uses(kept.places, best, chosen, matcher, random)
    return blocks[every, chosen]


def _parts(count: int, size: int) -> tuple[Tensor, ...]:
    return torch.arange(count).split(size)


def _edges(grid: Grid, blocks: Tensor) -> list[Edges]:
    """The costs of neighbors side by side, then one above the other."""
    edges = []
    for axis, (first, second) in enumerate(grid.pairs):
        costs = [blocks.new_zeros(0, blocks.shape[1], blocks.shape[1])]
        for i, j in zip(first.split(128), second.split(128), strict=True):
            check_cancelled()
            one, other = (blocks[i].mT, blocks[j].mT) if axis == 0 else (blocks[i], blocks[j])  # rows that overlap
            one, other = (piece.flatten(2) for piece in (one[..., STEP:, :], other[..., :OVERLAP, :]))
            costs.append(PAIR * torch.cdist(one, other).square_() / BLOCK**2)
        edges.append(Edges(first, second, torch.cat(costs)))
    return edges


def _propagate(cost: Tensor, edges: list[Edges]) -> Tensor:
    """The choice of each node, (N,), by messages along all edges at once."""
    messages = [[cost.new_zeros(len(edge.first), cost.shape[1]) for _ in range(2)] for edge in edges]
    for _ in range(ITERATIONS):
        total = _beliefs(cost, edges, messages)
        for edge, pair in zip(edges, messages, strict=True):
            check_cancelled()
            there = ((total[edge.first] - pair[1])[:, :, None] + edge.cost).amin(1)
            back = ((total[edge.second] - pair[0])[:, None, :] + edge.cost).amin(2)
            for k, new in enumerate((there, back)):
                pair[k] = DAMPING * pair[k] + (1 - DAMPING) * (new - new.amin(1, keepdim=True))
    return _beliefs(cost, edges, messages).argmin(1)


def _beliefs(cost: Tensor, edges: list[Edges], messages: list[list[Tensor]]) -> Tensor:
    total = cost.clone()
    for edge, (there, back) in zip(edges, messages, strict=True):
        total.index_add_(0, edge.second, there).index_add_(0, edge.first, back)
    return total


def _with_continuations(
    matcher: Matcher, known: Known, kept: Candidates, blocks: Tensor, chosen: Tensor, count: int
) -> tuple[Candidates, Tensor, Tensor]:
    """`count` candidates, the chosen one among them, and those that go on where a neighbor's block leaves off."""
    grid, every = matcher.grid, torch.arange(len(matcher.grid))
    best = kept.places[every, chosen]
    columns = torch.arange(count - 1).expand(len(grid), -1)
    keep = torch.cat([columns, torch.where(chosen < count - 1, count - 1, chosen)[:, None]], 1)
    places, shifts = [kept.places.gather(1, keep[..., None].expand(-1, -1, 2))], [kept.shift.gather(1, keep)]
    costs, pieces = [kept.cost.gather(1, keep)], [blocks[every[:, None], keep]]
    for k in range(NEIGHBORS):
        neighbor = grid.beside[:, k].clamp(min=0)
        onward = best[neighbor] + grid.places - grid.places[neighbor]
        rows, columns = (onward[:, i].clamp(0, n - 1) for i, n in enumerate(known.free.shape))
        fits = (grid.beside[:, k] >= 0) & known.free[rows, columns] & (onward >= 0).all(1)
        onward = torch.where(fits[:, None], onward, best)
        price, shift, block = matcher.price(onward)
        places.append(onward[:, None])
        shifts.append(shift[:, None])
        costs.append(price.masked_fill(~fits, NEVER)[:, None])
        pieces.append(block[:, None])
    more = Candidates(*(torch.cat(parts, 1) for parts in (places, shifts, costs)))
    return more, torch.cat(pieces, 1), (keep == chosen[:, None]).float().argmax(1)


def _uses(places: Tensor, best: Tensor, chosen: Tensor, matcher: Matcher, random: Generator) -> Tensor:
    """How many other places use about the same known block as each candidate, (N, K)."""
    squares, used = places // USE, best // USE
    height, width = (n // USE + 1 for n in matcher.photo.pixels.plane.shape)
    uses = torch.zeros(height, width)
    uses.index_put_((used[:, 0], used[:, 1]), torch.ones(len(used)), accumulate=True)
    uses = F.avg_pool2d(uses[None], 3, 1, 1, divisor_override=1)[0]
    own = ((squares - used[:, None]).abs() <= 1).all(2)
    others = (uses[squares[..., 0], squares[..., 1]] - own.float()).clamp(min=0)
    leaves = torch.from_numpy(random.random(len(best)) < LEAVES)[:, None]
    is_chosen = torch.zeros_like(own).scatter_(1, chosen[:, None], True)
    return torch.where(leaves | ~is_chosen, others, 0)

"""Learning rates and iterations for each scale of the pyramid.

`paper` is what the paper's program sets for each height. The others go from the paper's highest rate to its
lowest in the ways that a student report compared ("External-Internal Learning and Monochromic Bottleneck").
"""

from collections.abc import Callable

PAPER_RATES = {
    1: [0.01],
    2: [0.01, 0.003],
    3: [0.01, 0.005, 0.003],
    4: [0.02, 0.01, 0.005, 0.002],
    5: [0.04, 0.02, 0.01, 0.005, 0.002],
}
PAPER_ITERATIONS = {1: 1001, 2: 401, 3: 401, 4: 401, 5: 401}

Shape = Callable[[float, float, float], float]
"""The rate at t from 0 (smallest scale) to 1 (full size), between `high` and `low`."""

SCHEDULES: dict[str, Shape | None] = {
    "paper": None,
    "linear_descent": lambda high, low, t: high + (low - high) * t,
    "linear_ascent": lambda high, low, t: low + (high - low) * t,
    "convex": lambda high, low, t: high * (low / high) ** t,
    "concave": lambda high, low, t: high + low - high * (low / high) ** (1 - t),
    "constant": lambda high, low, t: (high * low) ** 0.5,
}


def rates(schedule: str, scales: int) -> list[float]:
    """The learning rate of each scale.

    Args:
        schedule: a name of `SCHEDULES`. Convex falls fast and then slowly, concave late.
        scales: levels of the pyramid, 1 to 5.

    Returns:
        A rate for each scale, the smallest scale first.
    """
    shape, preset = SCHEDULES[schedule], PAPER_RATES[scales]
    if shape is None or scales == 1:
        return preset
    return [shape(preset[0], preset[-1], k / (scales - 1)) for k in range(scales)]

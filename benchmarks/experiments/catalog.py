"""Every experiment there is, in the order of the docs. A new one is a new file and a new line here."""

from experiments.blind import ABLATION, BLIND
from experiments.course import COURSE
from experiments.diversity import DIVERSITY
from experiments.domains import DOMAINS
from experiments.edges import EDGES
from experiments.frame import Experiment
from experiments.guidance import GUIDANCE
from experiments.patches import PATCHES
from experiments.pipelines import BOTTLENECK, REVIEW_TABLE
from experiments.trained import SCALES, SCHEDULES_TABLE

EXPERIMENTS: dict[str, Experiment] = {
    experiment.id: experiment
    for experiment in (
        DOMAINS,
        SCALES,
        SCHEDULES_TABLE,
        GUIDANCE,
        REVIEW_TABLE,
        COURSE,
        BLIND,
        ABLATION,
        BOTTLENECK,
        EDGES,
        DIVERSITY,
        PATCHES,
    )
}

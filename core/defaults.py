"""What a restoration does unless it is told otherwise."""

TEXTURE = 0.5  # more looks better in grass and stone, and worse across edges
GRAIN = 1.0  # the noise of a fill is then that of its surround
MAX_VARIANTS = 16  # of one photo

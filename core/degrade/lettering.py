"""Lettering over a photo: captions, dates and handwriting, plain print, and half transparent watermarks."""

import numpy as np

from .scene import Layer, Scene, alpha_blend, contrasting_color

SYLLABLES = [c + v for c in ("b", "d", "gr", "k", "l", "m", "n", "r", "s", "st", "t", "v") for v in "aeiou"]
COLORS = np.array([[1, 0.55, 0.1], [0.9, 0.1, 0.1], [1, 0.9, 0.2], [0.1, 0.2, 0.7]], np.float32)


def text(scene: Scene) -> Layer:
    """A caption of one to four lines, printed or by hand, or the date that a camera stamps."""
    dated = scene.chance(0.25)
    lines = [_date(scene)] if dated else [_phrase(scene, 2, 5) for _ in range(scene.random.integers(1, 5))]
    size = min(scene.shape) * scene.random.uniform(0.06, scene.by_difficulty(0.14, 0.09))
    letters = typeset(lines, size, _typeface(scene))
    alpha = _placed(scene, rotated(letters, scene.random.normal(0, 4)))
    color = scene.random.choice(COLORS) if dated or scene.chance(0.3) else contrasting_color(scene, alpha)
    return Layer(alpha_blend(scene, color, scene.by_difficulty(0.98, 0.35)), alpha)


def watermark(scene: Scene) -> Layer:
    """Half transparent words, once large over the middle or again and again at a slant over the whole photo."""
    words = [("(c) " if scene.chance(0.4) else "") + _phrase(scene, 1, 2).upper()]
    turn = scene.random.uniform(-40, 40)
    if scene.chance(0.5):
        alpha = _placed(scene, rotated(typeset(words, min(scene.shape) * 0.25, _typeface(scene)), turn), 0.25)
    else:
        alpha = _repeated(scene, typeset(words, min(scene.shape) * 0.1, _typeface(scene)), turn)
    return Layer(alpha_blend(scene, contrasting_color(scene, alpha), scene.by_difficulty(0.65, 0.2)), alpha)


def plain_text(scene: Scene) -> Layer:
    """One to three lines of opaque print in black, white or any other color, wherever they lie; harder: smaller.

    Unlike `text`, its color is not chosen to be read.
    """
    alpha = np.zeros(scene.shape, np.float32)
    for _ in range(scene.random.integers(1, 4)):
        line = _date(scene) if scene.chance(0.2) else _phrase(scene, 1, 5)
        size = min(scene.shape) * scene.by_difficulty(0.14, 0.06) * scene.random.uniform(0.7, 1.2)
        alpha = np.maximum(alpha, _placed(scene, typeset([line], size, _typeface(scene))))
    level = scene.random.random()
    color = scene.random.random(3) if level < 0.3 else np.full(3, float(level < 0.65))
    return Layer(alpha_blend(scene, color, scene.random.uniform(0.9, 1)), alpha)


def _phrase(scene: Scene, min_words: int, max_words: int) -> str:
    words = (scene.random.choice(SYLLABLES, scene.random.integers(2, 4)) for _ in range(10))
    count = scene.random.integers(min_words, max_words + 1)
    text = " ".join("".join(syllables) for syllables, _ in zip(words, range(count), strict=False))
    return text.capitalize() if scene.chance(0.5) else text


def _date(scene: Scene) -> str:
    day, month, year = scene.random.integers((1, 1, 70), (29, 13, 100))
    return f"'{year} {month:2d} {day:2d}"


def _typeface(scene: Scene) -> int | None:
    """Pillow's typeface (None), or the number of one of OpenCV's, two of which look like handwriting."""
    return None if scene.chance(0.5) else int(scene.random.choice([0, 2, 3, 4, 6, 7]))


def typeset(lines: list[str], size: float, typeface: int | None) -> np.ndarray:
    """Lines of text `size` pixels high as coverage, float (h, w) in [0, 1]."""
    size = max(round(size), 6)
    rows = [_printed(line, size) if typeface is None else _drawn(line, size, typeface) for line in lines]
    width = max(row.shape[1] for row in rows)
    page = np.concatenate([np.pad(row, ((0, size // 4), (0, width - row.shape[1]))) for row in rows])
    return page.astype(np.float32) / 255


def _printed(line: str, size: int) -> np.ndarray:
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(size)
    picture = Image.new("L", (round(font.getlength(line)) + 2, round(1.3 * size)))
    ImageDraw.Draw(picture).text((1, 0), line, fill=255, font=font)
    return np.asarray(picture)


def _drawn(line: str, size: int, typeface: int) -> np.ndarray:
    import cv2

    scale, thick = size / 30, max(1, round(size / 12))
    (width, height), below = cv2.getTextSize(line, typeface, scale, thick)
    canvas = np.zeros((height + below + 2 * thick, width + 2 * thick), np.uint8)
    cv2.putText(canvas, line, (thick, height + thick), typeface, scale, 255, thick, cv2.LINE_AA)
    return canvas


def rotated(letters: np.ndarray, degrees: float) -> np.ndarray:
    """The letters rotated, on a larger page that holds all of them."""
    import cv2

    h, w = letters.shape
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), degrees, 1)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    wide, high = int(w * cos + h * sin) + 2, int(w * sin + h * cos) + 2
    matrix[:, 2] += (wide - w) / 2, (high - h) / 2
    return cv2.warpAffine(letters, matrix, (wide, high))


def _placed(scene: Scene, letters: np.ndarray, margin: float = 0.0) -> np.ndarray:
    """The letters at a random place on the photo, (H, W); reduced if they do not fit.

    margin: share of the free space that stays free on each side.
    """
    import cv2

    h, w = scene.shape
    shrink = min(h / letters.shape[0], w / letters.shape[1], 1)
    high, wide = max(1, int(letters.shape[0] * shrink)), max(1, int(letters.shape[1] * shrink))
    letters = cv2.resize(letters, (wide, high), interpolation=cv2.INTER_AREA)
    top, left = (scene.random.uniform(margin, 1 - margin, 2) * (h - high, w - wide)).astype(int)
    alpha = np.zeros(scene.shape, np.float32)
    alpha[top : top + high, left : left + wide] = letters / max(letters.max(), 1e-6)
    return alpha


def _repeated(scene: Scene, letters: np.ndarray, degrees: float) -> np.ndarray:
    """The letters in rows, every other row moved by half a word, rotated about the photo's middle."""
    import cv2

    h, w = scene.shape
    side = int(np.hypot(h, w)) + 2
    tile = np.pad(letters, ((0, letters.shape[0]), (0, letters.shape[1] // 3)))
    pair = np.concatenate([tile, np.roll(tile, tile.shape[1] // 2, 1)])
    rows, columns = -(-side // pair.shape[0]), -(-side // pair.shape[1])
    page = np.tile(pair, (rows, columns))[:side, :side]
    matrix: np.ndarray = cv2.getRotationMatrix2D((side / 2, side / 2), degrees, 1)
    matrix[:, 2] += (w - side) / 2, (h - side) / 2
    return cv2.warpAffine(page, matrix, (w, h))

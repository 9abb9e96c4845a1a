"""TIFF files of every kind, written by tifffile with random values, read back as those values."""

import itertools

import numpy as np
import pytest
import tifffile
import torch
from conftest import slow_but
from monochromic.core import PictureError, load_alpha, load_hole, load_image, load_photo, save_image
from picture_files import STORED
from PIL import Image

SHAPE = (37, 53)
COLORS = {"minisblack": 1, "miniswhite": 1, "rgb": 3, "separated": 4}
DEPTHS = ("u1", "u2", "u4", "f2", "f4", "f8")


def codec(name):
    return name and (pytest.importorskip("imagecodecs"), name)[1]


def pixels(depth, channels, seed=0):
    """Random values (H, W, channels), and the same in [0, 1]."""
    values = np.random.default_rng(seed).random((*SHAPE, channels))
    stored = (values if depth[0] == "f" else np.rint(values * np.iinfo(depth).max)).astype(depth)
    return stored, stored.astype(np.float64) / (1 if depth[0] == "f" else np.iinfo(depth).max)


def written(path, stored, color, alpha, *, planar=False, **options):
    many = stored.shape[2] > 1
    array = np.moveaxis(stored, 2, 0) if planar and many else stored if many else stored[..., 0]
    if many:
        options["planarconfig"] = "separate" if planar else "contig"
    tifffile.imwrite(path, np.ascontiguousarray(array), photometric=color, extrasamples=alpha or None, **options)
    return path


def shown(unit, color):
    """What values in [0, 1] mean, (H, W, 1 or 3)."""
    colors = unit[..., : COLORS[color]]
    if color == "miniswhite":
        return 1 - colors
    return (1 - colors[..., :3]) * (1 - colors[..., 3:]) if color == "separated" else colors


def close(tensor, array, depth):
    tolerance = {"u1": 1.01 / 255, "f2": 1e-3}.get(depth, 1e-5)  # CMYK of 8 bits is rounded twice
    return np.abs(tensor[0].permute(1, 2, 0).numpy() - array).max() <= tolerance


COMPRESSIONS = None, "lzw", "deflate", "zstd", "packbits", "lzma"


@pytest.mark.parametrize("compression", slow_but(COMPRESSIONS[:-1], COMPRESSIONS))
@pytest.mark.parametrize("depth", DEPTHS)
def test_every_depth_mode_and_layout(tmp_path, depth, compression):
    codec(compression)
    layouts = itertools.product(COLORS, ((), ("unassalpha",)), (False, True), (None, (16, 32)))
    for i, (color, alpha, planar, tile) in enumerate(layouts):
        order = "<>"[i // 3 % 2]
        predictor = i % 5 < 3 and compression not in (None, "packbits")
        stored, unit = pixels(depth, COLORS[color] + len(alpha), i)
        cut = {"tile": tile} if tile else {"rowsperstrip": 10}
        options = {"planar": planar, "byteorder": order, "predictor": predictor, "bigtiff": i % 3 == 0, **cut}
        path = written(tmp_path / "x.tif", stored, color, alpha, compression=compression, **options)
        photo = load_photo(path)
        case = (color, alpha, options)
        assert close(photo.image, shown(unit, color), depth), case
        assert (photo.alpha is not None) == bool(alpha), case
        assert not alpha or close(photo.alpha, unit[..., -1:], depth), case
        assert photo.bits == (8 if depth == "u1" else 16), case


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("depth", ["u1", "u2", "f4"])
@pytest.mark.parametrize(("color", "alpha"), [("minisblack", ()), ("rgb", ()), ("rgb", ("unassalpha",))])
def test_every_orientation(tmp_path, orientation, depth, color, alpha):
    stored, unit = pixels(depth, COLORS[color] + len(alpha))
    tag = [(274, 3, 1, orientation, True)]
    path = written(tmp_path / "x.tif", STORED[orientation](stored), color, alpha, extratags=tag)
    photo = load_photo(path)
    assert close(photo.image, shown(unit, color), depth)
    assert not alpha or close(photo.alpha, unit[..., -1:], depth)
    if color == "minisblack":
        assert torch.equal(load_hole(path, channel="luminance"), (photo.image > 0.5).float())


@pytest.mark.parametrize("depth", ["u1", "u2"])
def test_premultiplied_alpha(tmp_path, depth):
    stored, unit = pixels(depth, 4)
    top = np.iinfo(depth).max
    stored[..., 3] = np.maximum(stored[..., 3], top // 2)
    alpha = stored[..., 3:] / top
    mixed = np.rint(stored * np.where(np.arange(4) < 3, alpha, 1)).astype(depth)
    photo = load_photo(written(tmp_path / "x.tif", mixed, "rgb", ("assocalpha",)))
    assert np.abs(photo.image[0].permute(1, 2, 0).numpy() - unit[..., :3]).max() <= 1.5 / top
    assert close(photo.alpha, alpha, depth)


def test_extra_samples_that_are_no_alpha(tmp_path):
    stored, unit = pixels("u2", 5)
    photo = load_photo(written(tmp_path / "x.tif", stored, "rgb", ("unspecified", "unspecified")))
    assert close(photo.image, unit[..., :3], "u2")
    assert photo.alpha is None


def test_integers_of_32_bits_that_hold_16(tmp_path):
    levels = np.random.default_rng(0).integers(0, 65536, SHAPE)
    for dtype in (np.uint32, np.int32):
        tifffile.imwrite(tmp_path / "x.tif", levels.astype(dtype))
        assert close(load_image(tmp_path / "x.tif"), levels[..., None] / 65535, "u2")


@pytest.mark.parametrize(
    ("array", "options", "words"),
    [
        (np.full(SHAPE, 2, np.float32), {}, "32-bit floating point gray TIFF whose values go from 2.0 to 2.0"),
        (np.full(SHAPE, -1, np.int32), {}, "32-bit signed gray TIFF whose values go from -1 to -1"),
        (np.zeros(SHAPE, np.int16), {}, "16-bit signed gray TIFF, which is not read"),
        (np.zeros(SHAPE, np.complex64), {}, "64-bit complex gray TIFF, which is not read"),
        (np.zeros((*SHAPE, 3), np.uint16), {"photometric": "cielab"}, "16-bit CIELab TIFF, which is not read"),
        (
            np.zeros((*SHAPE, 3), np.uint8),
            {"compression": "webp"},
            "an 8-bit RGB TIFF, compressed by WebP, which is not",
        ),
        (
            np.zeros((*SHAPE, 3), np.uint8),
            {"compression": "jpegxl"},
            "an 8-bit RGB TIFF, compressed by JPEG XL, which is",
        ),
        (np.zeros(SHAPE, np.uint16), {"photometric": "cfa"}, "a raw file of a camera; develop it"),
    ],
)
def test_what_is_not_read_is_named(tmp_path, array, options, words):
    tifffile.imwrite(tmp_path / "x.tif", array, **options)
    with pytest.raises(PictureError, match=words):
        load_image(tmp_path / "x.tif")


def test_a_raw_file_behind_a_thumbnail(tmp_path):
    with tifffile.TiffWriter(tmp_path / "x.dng") as file:
        file.write(np.zeros((16, 16, 3), np.uint8), photometric="rgb", subfiletype=1, subifds=1)
        file.write(np.zeros(SHAPE, np.uint16), photometric="cfa")
    with pytest.raises(PictureError, match="raw file of a camera"):
        load_image(tmp_path / "x.dng")


def test_pages(tmp_path):
    stored = [pixels("u2", 3, seed)[0] for seed in range(3)]
    with tifffile.TiffWriter(tmp_path / "x.tif") as file:
        for page in stored:
            file.write(page, photometric="rgb")
    with pytest.raises(PictureError, match="holds 3 pictures.*--page 1 to --page 3"):
        load_image(tmp_path / "x.tif")
    for number, page in enumerate(stored, 1):
        assert close(load_image(tmp_path / "x.tif", page=number), page / 65535, "u2")
        assert torch.equal(load_alpha(tmp_path / "x.tif", page=number), torch.ones(1, 1, *SHAPE))
    for number in (0, 4):
        with pytest.raises(PictureError, match=f"has no page {number}; it holds 3"):
            load_image(tmp_path / "x.tif", page=number)


def test_smaller_copies_and_masks_are_no_pages(tmp_path):
    stored, unit = pixels("u2", 3)
    small = np.zeros((8, 8, 3), np.uint16)
    for order in ((small, stored), (stored, small)):
        with tifffile.TiffWriter(tmp_path / "x.tif") as file:
            for page in order:
                file.write(page, photometric="rgb", subfiletype=int(page is small))
        assert close(load_image(tmp_path / "x.tif"), unit, "u2")


def test_kinds_that_pillow_reads(tmp_path):
    """Fewer bits than 8, palettes and JPEG within TIFF, turned; fax and JPEG come in one strip or more."""
    upright = Image.fromarray(np.kron(pixels("u1", 3)[0], np.ones((4, 4, 1), np.uint8)))
    kinds = {"1": "group4", "P": "tiff_lzw", "RGB": "jpeg", "L": "jpeg", "CMYK": "tiff_deflate"}
    for mode, compression in kinds.items():
        picture = upright.convert(mode)
        for orientation, stored in STORED.items():
            turned = Image.fromarray(
                np.ascontiguousarray(stored(np.asarray(picture))), mode="CMYK" if mode == "CMYK" else None
            )
            if mode == "P":
                turned.putpalette(picture.getpalette())
            turned.save(tmp_path / "x.tif", compression=compression, tiffinfo={274: orientation})
            expected = np.asarray(picture.convert("L" if mode in "1L" else "RGB"), np.float32) / 255
            image = load_image(tmp_path / "x.tif")[0].permute(1, 2, 0).numpy()
            far = np.abs(image - expected.reshape(image.shape)).mean()
            assert far < (0.06 if compression == "jpeg" else 1e-6), (mode, orientation)


@pytest.mark.parametrize("depth", ["u1", "u2"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("alpha", [False, True])
def test_what_is_written_is_read_by_others(tmp_path, depth, channels, alpha):
    codec("deflate")
    stored, unit = pixels(depth, channels + alpha)
    image = torch.from_numpy(unit).float().permute(2, 0, 1)[None]
    opacity = image[:, channels:] if alpha else None
    path = tmp_path / "x.tif"
    save_image(image[:, :channels], path, 8 * int(depth[1]), alpha=opacity)
    assert np.array_equal(tifffile.imread(path).reshape(stored.shape), stored)
    photo = load_photo(path)
    assert torch.equal(photo.image, image[:, :channels])
    assert alpha == (photo.alpha is not None)
    if depth == "u1":
        with Image.open(path) as picture:
            assert np.array_equal(np.asarray(picture).reshape(stored.shape), stored)


def test_a_tall_file_has_several_strips(tmp_path):
    codec("deflate")
    stored = np.random.default_rng(0).integers(0, 65536, (700, 300, 3), np.uint16)
    save_image(torch.from_numpy(stored / np.float32(65535)).permute(2, 0, 1)[None], tmp_path / "x.tif", 16)
    with tifffile.TiffFile(tmp_path / "x.tif") as file:
        assert len(file.pages[0].dataoffsets) > 3
        assert np.array_equal(file.asarray(), stored)
    (tmp_path / "y.tif").write_bytes((tmp_path / "x.tif").read_bytes()[:900_000])
    with pytest.raises(PictureError, match="rows are missing"):
        load_image(tmp_path / "y.tif")
    photo = load_photo(tmp_path / "y.tif", accept_truncated=True)
    whole = int((photo.missing == 0).sum()) // 300
    assert 200 < whole < 600
    assert np.array_equal(np.rint(photo.image[0, :, :whole].permute(1, 2, 0).numpy() * 65535), stored[:whole])

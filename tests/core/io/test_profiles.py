"""Color profiles at every depth; LittleCMS, at the 8 bits that it has in Pillow, is the oracle."""

import io
import struct
from datetime import datetime

import numpy as np
import pytest
import torch
from monochromic.core import PictureError, load_photo, save_image
from monochromic.core.io import profiles
from monochromic.core.io.decode import scaled
from monochromic.core.io.metadata import Metadata
from monochromic.core.io.profiles import fits, is_srgb, srgb_profile, to_srgb
from picture_files import profile
from PIL import Image, ImageCms

LEVELS = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)


def by_lcms(levels, data):
    source = ImageCms.ImageCmsProfile(io.BytesIO(data))
    target = ImageCms.createProfile("sRGB")
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    return np.asarray(ImageCms.profileToProfile(Image.fromarray(levels), source, target, intent, outputMode="RGB"))


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_color_at_every_depth(dtype, gamma, swap):
    data = profile(gamma, swap=swap)
    top = 255 if dtype == np.float32 else np.iinfo(dtype).max
    given = LEVELS / np.float32(255) if dtype == np.float32 else LEVELS.astype(dtype) * (np.iinfo(dtype).max // 255)
    shown = to_srgb(given, data)
    assert shown.dtype == dtype
    scale = 255 if dtype == np.float32 else 255 / top
    assert np.abs(shown * scale - by_lcms(LEVELS, data)).max() <= (0 if dtype == np.uint8 else 0.8)


@pytest.mark.parametrize("gamma", [1.0, 1.8])
def test_gray_at_every_depth(gamma):
    data, gray = profile(gamma, gray=True), LEVELS[..., 0]
    light = (gray / 255) ** gamma
    expected = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(to_srgb(gray, data) - expected).max() <= 0.6
    assert np.abs(to_srgb(gray.astype(np.uint16) * 257, data) / 257 - expected).max() <= 0.1
    color = to_srgb(np.repeat(gray[..., None], 3, 2), profile(gamma))  # gray with the profile of colors
    assert np.abs(to_srgb(gray, profile(gamma)) - color[..., 1].astype(int)).max() <= 1


def test_16_bits_keep_their_levels():
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    shown = to_srgb(np.repeat(ramp[..., None], 3, 2), profile(2.2))
    assert len(np.unique(shown)) > 50_000
    assert (np.diff(shown[..., 1].ravel().astype(int)) >= 0).all()


@pytest.mark.parametrize("gray", [False, True])
def test_a_profile_is_known_by_what_it_says(gray):
    assert is_srgb(profile(name=b"Mine", gray=gray))
    assert not is_srgb(profile(1.0, gray=gray))
    assert not is_srgb(profile(2.2, gray=gray))
    assert not is_srgb(b"nonsense" * 30)
    levels = LEVELS[..., 0] if gray else LEVELS
    assert to_srgb(levels, profile(name=b"Mine", gray=gray)) is levels
    assert fits(srgb_profile(1 if gray else 3), levels.ndim if not gray else 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_profile_of_srgb_is_the_same_at_any_time(channels):
    """LittleCMS reads the date; all else of a profile is what it was."""
    read = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile(channels))).profile
    assert read.creation_date == datetime(2000, 1, 1)


def test_parametric_and_sampled_curves():
    """The curve of sRGB as a formula and as a table of points."""
    tags = profiles._tags(srgb_profile(3))
    values = np.linspace(0, 1, 5000)
    formula = profiles._curve(tags["rTRC"])(values)
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    assert np.abs(formula - light).max() < 1e-4
    points = np.rint(65535 * np.interp(np.linspace(0, 1, 1024), values, light)).astype(">u2")
    table = profiles._curve(b"curv\0\0\0\0" + struct.pack(">L", 1024) + points.tobytes())(values)
    assert np.abs(table - light).max() < 1e-4
    assert np.array_equal(profiles._curve(b"curv" + bytes(8))(values), values)
    for kind, numbers, at_half in ((0, [2], 0.25), (1, [2, 1, 0], 0.25), (2, [2, 1, 0, 0.25], 0.5)):
        tag = b"para\0\0\0\0" + struct.pack(f">HH{len(numbers)}i", kind, 0, *(round(n * 65536) for n in numbers))
        assert profiles._curve(tag)(np.array([0.5])) == pytest.approx(at_half)


def test_tables_are_interpolated():
    """The conversion of a profile of tables, tried with one whose curves are known."""
    data = profile(2.2, swap=True)
    shown = profiles._table(data)(LEVELS / 255.0) * 255
    assert np.abs(shown - by_lcms(LEVELS, data)).mean() < 1


def test_ink_of_16_bits():
    ink = np.random.default_rng(0).integers(0, 256, (6, 7, 4), np.uint8)
    expected = np.asarray(Image.frombytes("CMYK", (7, 6), ink.tobytes()).convert("RGB"))
    assert np.array_equal(to_srgb(ink, None), expected)
    assert np.abs(to_srgb(ink.astype(np.uint16) * 257, None) / 257 - expected).max() <= 1.01


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("ending", ["png", "tif", "jpg", "webp"])
@pytest.mark.parametrize("gray", [False, True])
def test_a_profile_that_is_kept(gray, ending, bits, tmp_path):
    """The colors are those of the file, and so is the profile of what is written."""
    levels = LEVELS[..., 0] if gray else LEVELS
    data = profile(2.2, gray=gray) if gray else profile(2.2, swap=True)
    save_image(scaled(levels.astype(np.uint16) * 257), tmp_path / "a.tif", bits, metadata=Metadata(profile=data))
    photo = load_photo(tmp_path / "a.tif", keep_profile=True)
    assert (photo.bits, photo.metadata.profile) == (bits, data)
    assert np.array_equal(
        (photo.image * 255).round()[0].permute(1, 2, 0).numpy().astype(np.uint8), np.atleast_3d(levels)
    )
    assert not torch.equal(load_photo(tmp_path / "a.tif").image, photo.image)
    save_image(photo.image, tmp_path / f"b.{ending}", bits if ending in ("png", "tif") else 8, metadata=photo.metadata)
    again = load_photo(tmp_path / f"b.{ending}", keep_profile=True)
    with Image.open(tmp_path / f"b.{ending}") as picture:
        stored = picture.info["icc_profile"]
    if gray and ending == "webp":  # which holds gray as color
        assert fits(stored, 3)
        shown, expected = load_photo(tmp_path / "b.webp").image, load_photo(tmp_path / "a.tif").image
        assert (shown - expected).abs().max() <= 1.5 / 255
    else:
        assert stored == data
    if ending != "jpg":
        assert torch.equal(again.image, photo.image.expand_as(again.image))


def test_profiles_that_are_not_kept(tmp_path, caplog):
    """CMYK, which the result is not; one that does not fit; and one of linear light is kept with a word."""
    inks = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    Image.fromarray(LEVELS).convert("CMYK").save(tmp_path / "inks.tif", icc_profile=profile(2.2))
    Image.fromarray(LEVELS).save(tmp_path / "lab.png", icc_profile=inks)
    Image.fromarray(LEVELS[..., 0]).save(tmp_path / "gray.tif", icc_profile=profile(2.2))
    for name, words in {
        "inks.tif": "is for RGB",
        "lab.png": "is for other colors",
        "gray.tif": "the result is gray",
    }.items():
        with pytest.raises(
            PictureError, match=f"its color profile cannot be kept: it {words}|{words}; leave out --keep"
        ):
            load_photo(tmp_path / name, keep_profile=True)
        load_photo(tmp_path / name)
    Image.fromarray(LEVELS).save(tmp_path / "none.png")
    assert load_photo(tmp_path / "none.png", keep_profile=True).metadata.profile is None
    caplog.clear()
    for gamma, said in ((1.0, True), (1.8, False), (2.2, False)):
        Image.fromarray(LEVELS).save(tmp_path / "x.png", icc_profile=profile(gamma))
        load_photo(tmp_path / "x.png", keep_profile=True)
        assert ("far from those of sRGB" in caplog.text) == said
        caplog.clear()


def test_a_profile_of_gray_becomes_one_of_color(tmp_path):
    """As where a gray photo is colored by hints: equal values are shown as before."""
    color = scaled(LEVELS)
    for data, gamma in ((profile(gray=True), None), (profile(1.8, gray=True), 1.8)):
        save_image(color, tmp_path / "x.png", metadata=Metadata(profile=data))
        with Image.open(tmp_path / "x.png") as picture:
            stored = picture.info["icc_profile"]
        assert fits(stored, 3)
        assert is_srgb(stored) == (gamma is None)
        gray = np.repeat(LEVELS[..., :1], 3, 2)
        assert np.abs(by_lcms(gray, stored) - by_lcms(gray, profile(gamma)).astype(int)).max() <= 1

"""Whole files: formats and their turns, several pictures, files that end early, and what is refused by name."""

import io
import os
import struct
import zlib

import cv2
import numpy as np
import pytest
import torch
from conftest import make_hole
from monochromic.core import PictureError, load_alpha, load_image, load_mask, load_photo, restore_photo, save_image
from monochromic.core.io.opening import picture_sizes
from picture_files import STORED
from PIL import Image, ImageFile, features

RGBA = np.random.default_rng(0).integers(0, 256, (24, 32, 4), np.uint8)
SMOOTH = cv2.resize(RGBA[:4, :5], (64, 48), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_of_every_depth_is_turned(tmp_path, dtype, channels, orientation):
    """Written by OpenCV; the orientation is in a chunk of its own."""
    levels = np.random.default_rng(1).integers(0, np.iinfo(dtype).max + 1, (*RGBA.shape[:2], channels), dtype)
    stored = np.ascontiguousarray(STORED[orientation](levels))
    data = cv2.imencode(".png", stored[..., [2, 1, 0, 3][:channels]] if channels > 1 else stored)[1].tobytes()
    exif = Image.Exif()
    exif[274] = orientation
    body = b"eXIf" + exif.tobytes()[6:]
    chunk = struct.pack(">L", len(body) - 4) + body + struct.pack(">L", zlib.crc32(body))
    (tmp_path / "x.png").write_bytes(data[:33] + chunk + data[33:])
    photo = load_photo(tmp_path / "x.png")
    whole = photo.image if photo.alpha is None else torch.cat([photo.image, photo.alpha], 1)
    assert torch.equal(whole[0].permute(1, 2, 0), torch.from_numpy(levels / np.float32(np.iinfo(dtype).max)))
    assert photo.bits == 8 * levels.itemsize
    if channels == 4:
        assert torch.equal(load_mask(tmp_path / "x.png", "alpha"), 1 - photo.alpha)


@pytest.mark.parametrize("ending", ["png", "tif", "webp"])
@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
def test_alpha_is_written(tmp_path, ending, gray, bits):
    if bits == 16 and ending == "webp":
        pytest.skip("the format has 8 bits")
    values = np.random.default_rng(1).integers(0, 2**bits, (1, 2 if gray else 4, 5, 7)) / (2**bits - 1)
    whole = torch.from_numpy(values).float()
    path = tmp_path / f"x.{ending}"
    save_image(whole[:, :-1], path, bits, alpha=whole[:, -1:])
    photo = load_photo(path)
    assert torch.equal(photo.image, whole[:, :-1].expand_as(photo.image))
    assert torch.equal(photo.alpha, whole[:, -1:])


def test_a_format_without_alpha_says_so(tmp_path, caplog):
    save_image(torch.rand(1, 3, 5, 7), tmp_path / "x.jpg", alpha=torch.zeros(1, 1, 5, 7))
    assert "cannot hold what is transparent" in caplog.text
    assert torch.equal(load_alpha(tmp_path / "x.jpg"), torch.ones(1, 1, 5, 7))


def test_a_cut_out_keeps_its_alpha_and_its_black_is_no_photo(tmp_path):
    image = np.full((37, 53, 4), (200, 150, 100, 255), np.uint8)
    image[:, :14] = 0  # clear, and black as paint programs leave it
    Image.fromarray(image).save(tmp_path / "x.png")
    found = restore_photo(tmp_path / "x.png", make_hole(), backbone="telea")
    inside = make_hole().bool()[0, 0]
    assert torch.equal(found.alpha[0, 0], torch.from_numpy(image[..., 3] / np.float32(255)))
    assert (found.image[0, :, inside].mean(1) * 255 - torch.tensor([200.0, 150, 100])).abs().max() < 2
    assert torch.equal(found.image[0, :, ~inside], load_image(tmp_path / "x.png")[0, :, ~inside])
    assert restore_photo(tmp_path / "x.png", backbone="telea").alpha is None  # what was clear is filled


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_several_frames_are_refused(tmp_path, kind):
    frames = [Image.fromarray(np.full((8, 9, 3), 60 * i, np.uint8)) for i in range(3)]
    path = tmp_path / f"x.{kind.lower()}"
    frames[0].save(
        path, kind, save_all=True, append_images=frames[1:], **({"lossless": True} if kind == "WEBP" else {})
    )
    with pytest.raises(PictureError, match="it holds 3 pictures"):
        load_image(path)
    for i in range(3):
        assert (load_image(path, page=i + 1) * 255 - 60 * i).abs().max() < 2
    frames[0].save(tmp_path / "y.png")
    with pytest.raises(PictureError, match="no page 2; it holds 1"):
        load_image(tmp_path / "y.png", page=2)


def jpeg(**options):
    buffer = io.BytesIO()
    Image.fromarray(SMOOTH[..., :3]).resize((320, 240)).save(buffer, "JPEG", quality=90, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("subsampling", [0, 2])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_jpeg_that_ends_early(tmp_path, part, subsampling, caplog):
    data, path = jpeg(subsampling=subsampling), tmp_path / "x.jpg"
    path.write_bytes(data)
    whole = load_image(path)
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(PictureError, match=r"the lowest \d+ of its 240 rows are missing.*--accept-truncated"):
        load_image(path)
    photo = load_photo(path, accept_truncated=True)
    there = photo.missing[0, 0, :, 0] == 0
    assert 0 < there.sum() < 240
    assert torch.equal(photo.image[:, :, there], whole[:, :, there])
    row = int(there.sum())
    assert not torch.equal(photo.image[:, :, row : row + 16], whole[:, :, row : row + 16])
    assert "is cut short" in caplog.text
    found = restore_photo(photo, torch.zeros(1, 1, 240, 320), backbone="telea")
    assert torch.equal(found.hole, photo.missing)
    assert torch.equal(found.image[:, :, there], whole[:, :, there])


def test_a_jpeg_without_its_end_is_read(tmp_path, caplog):
    (tmp_path / "x.jpg").write_bytes(jpeg())
    whole = load_image(tmp_path / "x.jpg")
    assert not caplog.text
    (tmp_path / "x.jpg").write_bytes(jpeg()[:-2])
    photo = load_photo(tmp_path / "x.jpg")
    assert torch.equal(photo.image, whole)
    assert photo.missing is None
    assert "all its pixels could be read" in caplog.text


def test_a_turned_file_that_ends_early(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    data = jpeg(exif=exif)
    (tmp_path / "x.jpg").write_bytes(data[: len(data) // 2])
    photo = load_photo(tmp_path / "x.jpg", accept_truncated=True)
    assert photo.image.shape[-2:] == photo.missing.shape[-2:] == (320, 240)
    assert photo.missing[..., 0].all()  # the lowest rows are the left columns
    assert not photo.missing[..., -1].any()


def test_a_png_that_ends_early(tmp_path):
    levels = np.random.default_rng(0).integers(1, 256, (200, 90, 3), np.uint8)
    Image.fromarray(levels).save(tmp_path / "x.png")
    (tmp_path / "x.png").write_bytes((tmp_path / "x.png").read_bytes()[:30_000])
    with pytest.raises(PictureError, match="rows are missing"):
        load_image(tmp_path / "x.png")
    photo = load_photo(tmp_path / "x.png", accept_truncated=True)
    there = int((photo.missing[0, 0, :, 0] == 0).sum())
    assert 50 < there < 200
    assert np.array_equal(np.rint(photo.image[0, :, : there - 1].permute(1, 2, 0).numpy() * 255), levels[: there - 1])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "holds nothing"),
        (bytes(1000), "holds nothing but zeros"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "is a HEIC picture, which needs a package: pip install pillow-heif"),
        (b"\xff\x0a" + b"x" * 40, "is a JPEG XL picture, which needs a package: pip install pillow-jxl-plugin"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "is a JPEG XL picture"),
        (b"\0\0\0\x18ftypcrx isom", "is a raw file of a camera"),
        (b"FUJIFILMCCD-RAW 0201", "is a raw file of a camera"),
        (b"\0\0\0\x18ftypisommp42", "is a film"),
        (b"%PDF-1.4\n", "is a PDF document"),
        (b"<?xml version='1.0'?><svg/>", "is a vector drawing"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html>", "is a web page; save the picture itself"),
        (b"gimp xcf v011", "is a file of a paint program"),
        (b"PK\x03\x04 mimetype", "is a ZIP archive"),
        (b"\0\x05\x16\x07\0\x02\0\0Mac OS X", "is what macOS keeps beside a picture"),
        (b"version https://git-lfs.github.com/spec/v1", "is a pointer of Git LFS"),
        (b"\x89PNG\r\n\x1a\n\0\0", "begins as a PNG file and is broken or cut short"),
        (b"just words", "is not a picture that can be read, whatever its name says"),
    ],
)
def test_what_is_refused_is_named(tmp_path, data, words):
    path = tmp_path / "x.jpg"
    path.write_bytes(data)
    with pytest.raises(PictureError) as caught:
        load_image(path)
    assert f"{str(path)!r} {words}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif(tmp_path):
    Image.fromarray(SMOOTH[..., :3]).save(tmp_path / "x.avif", quality=95)
    expected = torch.from_numpy(SMOOTH[..., :3] / np.float32(255)).permute(2, 0, 1)[None]
    assert (load_image(tmp_path / "x.avif") - expected).abs().mean() < 0.03


def test_heic_by_its_package(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(Image.fromarray(SMOOTH[..., :3])).save(tmp_path / "x.heic", quality=95)
    expected = torch.from_numpy(SMOOTH[..., :3] / np.float32(255)).permute(2, 0, 1)[None]
    assert (load_image(tmp_path / "x.heic") - expected).abs().mean() < 0.03


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
@pytest.mark.parametrize("place", ["pipe.png", "/dev/zero"])
def test_a_pipe_is_not_waited_for(tmp_path, place):
    """Nothing ever writes to it, or writing never ends."""
    os.mkfifo(tmp_path / "pipe.png")
    for read in (load_photo, load_image, picture_sizes):
        with pytest.raises(PictureError, match="a pipe or a device, not a file"):
            read(tmp_path / place)


@pytest.mark.parametrize("early", [True, False])
def test_what_a_plugin_raises_of_a_broken_file_is_one_line(tmp_path, monkeypatch, early):
    """Such as a RuntimeError of two lines, when it opens the file or only when it decodes."""

    class Plugin(ImageFile.ImageFile):
        format = "THEIRS"

        def _open(self):
            self._size, self._mode = (8, 6), "RGB"
            if early:
                self.load()

        def load(self):
            raise RuntimeError("Generic Error.\nPlease build it in debug mode")

    monkeypatch.setattr(Image, "ID", ["THEIRS", *Image.ID])
    monkeypatch.setitem(Image.OPEN, "THEIRS", (Plugin, lambda head: head.startswith(b"THEIRS")))
    (tmp_path / "x.theirs").write_bytes(b"THEIRS" * 20)
    for read in (load_photo, load_image, load_mask, load_alpha):
        with pytest.raises(PictureError, match="x.theirs' cannot be read: it is cut short or broken") as caught:
            read(tmp_path / "x.theirs")
        assert "\n" not in str(caught.value)

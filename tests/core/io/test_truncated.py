"""Files that end early, in every format and order of pixels: what is not said to be missing is as in the whole file."""

import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from monochromic.core import PictureError, load_photo, restore_photo
from PIL import Image

H, W = 96, 120
Y, X = np.mgrid[0:H, 0:W]
NOISE = np.random.default_rng(0).integers(5, 20, (H, W, 3))
LEVELS = (np.stack([X * 2, Y * 2, X + Y], -1) + NOISE).clip(1, 255).astype(np.uint8)
COLOR = Image.fromarray(LEVELS)
MODES = {
    "RGB": COLOR,
    "L": COLOR.convert("L"),
    "RGBA": Image.fromarray(np.dstack([LEVELS, 255 - LEVELS[..., 0]])),
    "P": COLOR.quantize(200),
    "1": COLOR.convert("1"),
    "CMYK": COLOR.convert("CMYK"),
    "I;16": Image.fromarray(LEVELS[..., 0] * np.uint16(257)),
}


def saved(mode, kind, **options):
    buffer = io.BytesIO()
    MODES[mode].save(buffer, kind, **options)
    return buffer.getvalue()


def interlaced_png():
    """Adam7, which neither Pillow nor OpenCV writes."""
    starts = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b"".join(b"\0" + row.tobytes() for x, y, dx, dy in starts for row in LEVELS[y::dy, x::dx])
    packed = zlib.compress(rows)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", W, H, 8, 2, 0, 0, 1))]
    parts += [(b"IDAT", packed[i : i + 4096]) for i in range(0, len(packed), 4096)] + [(b"IEND", b"")]
    chunks = (struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d)) for kind, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def tiff(**options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, LEVELS, photometric="rgb", **options)
    return buffer.getvalue()


FILES = {
    **{f"{mode} png": lambda mode=mode: saved(mode, "PNG") for mode in ("RGB", "L", "RGBA", "P", "1", "I;16")},
    **{f"{mode} bmp": lambda mode=mode: saved(mode, "BMP") for mode in ("RGB", "L", "RGBA", "P", "1")},
    **{f"{mode} tga": lambda mode=mode: saved(mode, "TGA", compression="tga_rle") for mode in ("RGB", "L", "P")},
    **{f"{mode} ppm": lambda mode=mode: saved(mode, "PPM") for mode in ("RGB", "L", "1", "I;16")},
    **{f"{mode} sgi": lambda mode=mode: saved(mode, "SGI") for mode in ("RGB", "L")},
    **{f"{mode} gif": lambda mode=mode: saved(mode, "GIF") for mode in ("P", "L", "1")},  # interlaced
    **{
        f"{mode} tiles of jpeg 2000": lambda mode=mode: saved(mode, "JPEG2000", tile_size=(32, 32))
        for mode in ("RGB", "L", "RGBA", "I;16")
    },
    "gif": lambda: saved("P", "GIF", interlace=0),
    "interlaced png": interlaced_png,
    "tiff in strips": lambda: tiff(rowsperstrip=8, compression="zlib"),
    "tiff in tiles": lambda: tiff(tile=(32, 32)),
    "palette tiff": lambda: saved("P", "TIFF"),
    "jpeg": lambda: saved("RGB", "JPEG"),
    "cmyk jpeg": lambda: saved("CMYK", "JPEG"),
}


@pytest.mark.parametrize("name", FILES)
def test_what_is_not_missing_is_as_in_the_whole_file(name, tmp_path):
    data, path = FILES[name](), tmp_path / "x"
    path.write_bytes(data)
    whole = load_photo(path).image
    for part in (0.3, 0.6, 0.9, 0.97):
        path.write_bytes(data[: int(part * len(data))])
        try:
            photo = load_photo(path, accept_truncated=True)
        except PictureError:
            assert part < 0.9 or "sgi" in name
            continue
        there = photo.missing[0, 0] == 0
        assert 0 < there.float().mean() < 1, part
        assert torch.equal(photo.image[..., there], whole[..., there]), part
        with pytest.raises(PictureError, match=r"missing; copy or scan it again, or fill what is missing by --accept"):
            load_photo(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("RGB png", r"the lowest \d+ of its 96 rows"),
        ("RGB bmp", r"the uppermost \d+ of its 96 rows"),
        ("RGB tiles of jpeg 2000", r"\d+ % of its pixels"),
        ("interlaced png", r"\d+ % of its pixels"),
    ],
)
def test_where_it_is_missing_is_said_and_filled(name, words, tmp_path, caplog):
    data, path = FILES[name](), tmp_path / "x"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(PictureError, match=f"{words} are missing"):
        load_photo(path)
    photo = load_photo(path, accept_truncated=True)
    assert f"{path} is cut short" in caplog.text
    found = restore_photo(photo, torch.zeros(1, 1, H, W), backbone="telea")
    assert torch.equal(found.hole, photo.missing)
    assert found.image[..., photo.missing[0, 0] > 0].mean() > 0.1  # not black


def deep_tiles(levels, bits, size=32):
    """A JPEG 2000 in tiles, each encoded alone: that is the same where their size is a power of two."""
    parts = []
    for y in range(0, H, size):
        for x in range(0, W - W % size, size):
            tile = np.ascontiguousarray(levels[y : y + size, x : x + size])
            code = imagecodecs.jpeg2k_encode(
                tile, level=0, bitspersample=bits, reversible=True, codecformat="j2k", resolutions=3
            )
            start = code.index(b"\xff\x90\0\x0a")
            head, part = bytearray(code[:start]), bytearray(code[start:-2])
            struct.pack_into(">H", part, 4, len(parts))
            parts.append(bytes(part))
    place = head.index(b"\xff\x51") + 6
    struct.pack_into(">II", head, place, W - W % size, H)
    struct.pack_into(">II", head, place + 16, size, size)
    return bytes(head) + b"".join(parts) + b"\xff\xd9"


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_deep_jpeg_2000_is_refused_where_pillow_would_make_white_black(bits, tmp_path):
    levels = (LEVELS.astype(np.uint16) * 257) >> (16 - bits)
    levels[:30] = 2**bits - 1
    data, path = deep_tiles(levels.astype(np.uint8) if bits == 8 else levels, bits), tmp_path / "x.j2k"
    assert np.array_equal(imagecodecs.jpeg2k_decode(data), levels[:, :96])  # it is a right file
    path.write_bytes(data)
    whole = load_photo(path).image
    assert whole[..., :30, :].min() == 1
    for part in (0.5, 0.99):
        path.write_bytes(data[: int(part * len(data))])
        if bits == 8:
            photo = load_photo(path, accept_truncated=True)
            there = photo.missing[0, 0] == 0
            assert torch.equal(photo.image[..., there], whole[..., there])
        else:
            with pytest.raises(PictureError, match=f"JPEG 2000 of {bits} bits .* copy it again if it is cut short"):
                load_photo(path, accept_truncated=True)


def test_color_of_16_bits_that_is_read_at_8_is_said(tmp_path, caplog):
    data = imagecodecs.png_encode(LEVELS * np.uint16(257))
    (tmp_path / "x.png").write_bytes(data[: len(data) // 2])
    assert load_photo(tmp_path / "x.png", accept_truncated=True).bits == 8
    assert "16 bits a channel, of which 8 are read" in caplog.text


def test_what_cannot_be_told_is_refused(tmp_path):
    """A GIF with a transparent color is decoded onto that, and the palette of a PCX is at its end."""
    clear = saved("P", "GIF", transparency=3)
    for data in (clear[: len(clear) // 2], saved("P", "PCX")[:-2000]):
        (tmp_path / "x").write_bytes(data)
        with pytest.raises(PictureError, match="cut short or broken; copy or save it again"):
            load_photo(tmp_path / "x", accept_truncated=True)


def test_a_progressive_jpeg_may_be_coarse(tmp_path, caplog):
    """Cut between two scans, nothing in it looks broken."""
    data = saved("RGB", "JPEG", progressive=True, quality=90)
    (tmp_path / "x.jpg").write_bytes(data[: data.index(b"\xff\xda", data.index(b"\xff\xda") + 2)])
    load_photo(tmp_path / "x.jpg", accept_truncated=True)
    assert "what is there may be coarse" in caplog.text

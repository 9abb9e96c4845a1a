"""Color of more than 8 bits a channel where Pillow keeps 8; the oracle is imagecodecs, which wrote the files."""

import imagecodecs
import numpy as np
import pytest
from monochromic.core import PictureError, load_photo
from monochromic.core.io.depth import top_of
from PIL import Image

Y, X = np.mgrid[0:48, 0:64]
LEVELS = np.stack([X * 1000, Y * 1300, (X + Y) * 500], -1).astype(np.uint16)


def jpeg2000(levels, bits):
    return imagecodecs.jpeg2k_encode(levels, level=0, bitspersample=bits, reversible=True)


def ppm(levels, bits):
    return f"P6\n# scanned\n64 48\n{2**bits - 1}\n".encode() + levels.astype(">u2").tobytes()


def avif(levels, bits):
    return imagecodecs.avif_encode(levels, level=100, bitspersample=bits)


@pytest.mark.parametrize(
    ("ending", "write", "bits"),
    [
        ("jp2", jpeg2000, 16),
        ("jp2", jpeg2000, 12),
        ("ppm", ppm, 16),
        ("ppm", ppm, 10),
        ("avif", avif, 12),
        ("avif", avif, 10),
    ],
)
def test_color_is_read_at_its_full_depth(ending, write, bits, tmp_path, caplog):
    levels = LEVELS >> (16 - bits)
    (tmp_path / f"x.{ending}").write_bytes(write(levels, bits))
    photo = load_photo(tmp_path / f"x.{ending}")
    assert photo.bits == 16
    found = photo.image[0].permute(1, 2, 0).numpy()
    assert np.abs(found - levels / (2**bits - 1)).max() < 1e-5
    assert not caplog.text


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("level", [0, 60])
def test_white_stays_white(bits, level, tmp_path):
    """Pillow makes the brightest levels of JPEG 2000 black; a lossy file has many of them in what was white."""
    levels = LEVELS >> (16 - bits)
    levels[:30] = 2**bits - 1
    data = imagecodecs.jpeg2k_encode(levels, level=level, bitspersample=bits, reversible=not level)
    (tmp_path / "x.jp2").write_bytes(data)
    photo = load_photo(tmp_path / "x.jp2")
    assert photo.bits == 16
    oracle = imagecodecs.jpeg2k_decode(data) / (2**bits - 1)
    assert np.abs(photo.image[0].permute(1, 2, 0).numpy() - oracle).max() < 1e-3
    assert photo.image[..., :28, :].min() > 0.97


def test_alpha_of_16_bits(tmp_path):
    (tmp_path / "x.jp2").write_bytes(jpeg2000(np.dstack([LEVELS, LEVELS[..., :1]]), 16))
    photo = load_photo(tmp_path / "x.jp2")
    assert np.array_equal((photo.alpha[0, 0] * 65535).round().numpy(), LEVELS[..., 0])


@pytest.mark.parametrize("ending", ["jp2", "avif"])
def test_8_bits_are_read_as_before(ending, tmp_path, caplog):
    levels = (LEVELS >> 8).astype(np.uint8)
    data = jpeg2000(levels, 8) if ending == "jp2" else imagecodecs.avif_encode(levels, level=100)
    (tmp_path / "x").write_bytes(data)
    assert load_photo(tmp_path / "x").bits == 8
    assert not caplog.text


def test_depth_that_is_not_read_is_said(tmp_path, caplog):
    """Refused where its white would be black, else read at 8 bits."""
    (tmp_path / "x.jp2").write_bytes(jpeg2000(LEVELS[..., :2].copy(), 16))
    with pytest.raises(PictureError, match="JPEG 2000 of 16 bits a channel .* save it as TIFF or PNG"):
        load_photo(tmp_path / "x.jp2")
    Image.fromarray((LEVELS >> 8).astype(np.uint8)).save(tmp_path / "x.sgi", bpc=2)
    assert load_photo(tmp_path / "x.sgi").bits == 8
    assert "x.sgi has 16 bits a channel, of which 8 are read; save it as TIFF or PNG" in caplog.text


@pytest.mark.parametrize(
    ("head", "kind", "top"),
    [
        (b"ftypheic....pixi\0\0\0\0\3\x0a\x0a\x0a", "HEIF", 1023),
        (b"ftypavif....av1C\x81\x04\x6c\0", "AVIF", 4095),
        (b"ftypavif....av1C\x81\x04\x4c\0", "AVIF", 1023),
        (b"ftypavif....av1C\x81\x04\x0c\0", "AVIF", 255),
        (b"\x01\xda\x00\x02", "SGI", 65535),
        (b"\x01\xda\x00\x01", "SGI", 255),
        (b"P6 2 2 255 ", "PPM", 255),
        (b"", "PNM", 255),
    ],
)
def test_the_depth_that_a_file_says(head, kind, top):
    assert top_of(head, kind) == top

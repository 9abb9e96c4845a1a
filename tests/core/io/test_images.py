"""Picture files, written by Pillow and OpenCV, read back as what they show."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
import torch
from monochromic.core import (
    InputError,
    PictureError,
    UnknownNameError,
    load_alpha,
    load_hole,
    load_image,
    load_mask,
    save_image,
)
from monochromic.core.io.decode import load_photo
from monochromic.core.io.files import write_bytes
from monochromic.core.io.images import save_picture
from monochromic.core.io.profiles import srgb_profile
from PIL import Image, ImageCms

RGB = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)


def as_tensor(array, top=255):
    array = array[..., None] if array.ndim == 2 else array
    return torch.from_numpy(array.astype(np.float32) / top).permute(2, 0, 1)[None]


@pytest.mark.parametrize("ending", ["png", "tif", "webp", "bmp"])
def test_lossless_formats_keep_every_value(tmp_path, ending):
    save_image(as_tensor(RGB), tmp_path / f"x.{ending}")
    assert torch.equal(load_image(tmp_path / f"x.{ending}"), as_tensor(RGB))
    assert [p.name for p in tmp_path.iterdir()] == [f"x.{ending}"]


def test_jpeg_is_close(tmp_path):
    smooth = cv2.resize(RGB, (70, 50), interpolation=cv2.INTER_CUBIC)
    save_image(as_tensor(smooth), tmp_path / "x.JPG")
    assert (load_image(tmp_path / "x.JPG") - as_tensor(smooth)).abs().mean() < 0.01


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_16_bits(tmp_path, ending, shape):
    deep = np.random.default_rng(1).integers(0, 65536, shape, np.uint16)
    path = tmp_path / f"deep.{ending}"
    cv2.imwrite(str(path), deep if deep.ndim == 2 else deep[..., ::-1])
    image = load_image(path)
    assert torch.equal(image, as_tensor(deep, 65535))
    assert load_photo(path).bits == 16
    save_image(image, path, bits=16)
    assert np.array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), deep if deep.ndim == 2 else deep[..., ::-1])


def test_16_bits_with_alpha(tmp_path):
    deep = np.random.default_rng(1).integers(0, 65536, (5, 7, 4), np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), deep)
    assert torch.equal(load_image(tmp_path / "deep.png"), as_tensor(deep[..., 2::-1], 65535))


def test_8_bit_files_have_8_bits(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "x.png")
    assert load_photo(tmp_path / "x.png").bits == 8


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path, ending, orientation):
    """Each orientation undoes the turn that the EXIF standard gives it."""
    upright = np.kron(np.arange(0, 240, 10).reshape(4, 6), np.ones((8, 8))).astype(np.uint8)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"x.{ending}"
    options = {"lossless": True} if ending == "webp" else {"quality": 98} if ending == "jpg" else {}
    Image.fromarray(np.ascontiguousarray(stored)).convert("RGB").save(path, exif=exif, **options)
    image = load_image(path)
    assert image.shape == (1, 3, 32, 48)
    assert (image[0, 0] - as_tensor(upright)[0, 0]).abs().max() < 0.03


def test_gray_palette_bilevel_and_alpha_files(tmp_path):
    gray, path = Image.fromarray(RGB[..., 0]), tmp_path / "x.png"
    gray.save(path)
    assert torch.equal(load_image(path), as_tensor(RGB[..., 0]))
    gray.convert("LA").save(path)
    assert load_image(path).shape == (1, 1, 5, 7)
    gray.point(lambda v: 255 * (v > 99)).convert("1").save(path)
    assert torch.equal(load_image(path), as_tensor(255 * (RGB[..., 0] > 99)))
    palette = Image.fromarray(RGB).quantize(200)
    palette.save(path)
    assert torch.equal(load_image(path), as_tensor(np.asarray(palette.convert("RGB"))))
    palette.save(path, transparency=palette.getpixel((2, 1)))
    alpha = load_alpha(path)[0, 0]
    assert alpha[1, 2] == 0
    assert alpha.sum() == sum(v != palette.getpixel((2, 1)) for v in palette.tobytes())


def test_colors_under_alpha_are_kept(tmp_path):
    clear = np.dstack([RGB, np.zeros((5, 7), np.uint8)])
    Image.fromarray(clear).save(tmp_path / "x.png")
    assert torch.equal(load_image(tmp_path / "x.png"), as_tensor(RGB))
    assert not load_alpha(tmp_path / "x.png").any()


def test_no_alpha_is_opaque(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "x.png")
    assert torch.equal(load_alpha(tmp_path / "x.png"), torch.ones(1, 1, 5, 7))


def test_cmyk(tmp_path):
    picture = Image.fromarray(RGB).convert("CMYK")
    picture.save(tmp_path / "x.tif")
    assert torch.equal(load_image(tmp_path / "x.tif"), as_tensor(np.asarray(picture.convert("RGB"))))


def test_floating_point(tmp_path):
    values = np.random.default_rng(2).random((5, 7), np.float32)
    Image.fromarray(values).save(tmp_path / "x.tif")
    assert torch.equal(load_image(tmp_path / "x.tif"), torch.from_numpy(values)[None, None])
    Image.fromarray(values * 300).save(tmp_path / "x.tif")
    with pytest.raises(PictureError, match="expected 0 to 1"):
        load_image(tmp_path / "x.tif")


def wide_profile():
    """The sRGB profile with its red and blue primaries exchanged, under another name."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    entries = {bytes(data[i : i + 4]): i for i in range(132, 132 + 12 * data[131], 12)}
    red, blue = entries[b"rXYZ"], entries[b"bXYZ"]
    data[red + 4 : red + 12], data[blue + 4 : blue + 12] = data[blue + 4 : blue + 12], data[red + 4 : red + 12]
    return bytes(data).replace("sRGB".encode("utf-16-be"), "Turn".encode("utf-16-be")).replace(b"sRGB", b"Turn")


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_color_profiles_are_applied(tmp_path, mode):
    """In a space whose red is sRGB's blue, a file's red channel shows blue."""
    Image.fromarray(RGB).convert(mode).save(tmp_path / "x.png", icc_profile=wide_profile())
    assert (load_image(tmp_path / "x.png") - as_tensor(RGB[..., ::-1])).abs().max() < 2.5 / 255


def test_a_profile_goes_before_16_bits(tmp_path):
    deep = RGB.astype(np.uint16) * 257
    done, data = cv2.imencode(".png", deep[..., ::-1])
    assert done
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(wide_profile()))
    (tmp_path / "x.png").write_bytes(data.tobytes()[:33] + profile + data.tobytes()[33:])
    assert (load_image(tmp_path / "x.png") - as_tensor(RGB[..., ::-1])).abs().max() < 2.5 / 255


def test_srgb_files_and_broken_profiles_keep_their_values(tmp_path, caplog):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    cases = ((srgb, "", RGB), (b"nonsense" * 30, "cannot be read", RGB), (srgb_profile(1), "does not fit", RGB))
    for profile, words, array in (*cases, (srgb, "", RGB[..., 0]), (wide_profile(), "", RGB[..., 0])):
        picture = Image.fromarray(array)
        picture.save(tmp_path / "x.png", icc_profile=profile)
        caplog.clear()
        assert torch.equal(load_image(tmp_path / "x.png"), as_tensor(np.asarray(picture)))
        assert words in caplog.text


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width, height):
    """A PNG file that claims a size and holds next to nothing."""
    start = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", zlib.compress(b"0"))


def test_files_that_cannot_be_read(tmp_path):
    path = tmp_path / "x.png"
    with pytest.raises(PictureError, match="there is no picture .*x.png"):
        load_image(path)
    path.write_text("no picture at all")
    with pytest.raises(PictureError, match="is not a picture that can be read, whatever its name says"):
        load_image(path)
    path.write_bytes(header(30_000, 30_000))
    with pytest.raises(PictureError, match="more than 179 megapixels"):
        load_image(path)
    path.write_bytes(header(13_500, 13_500))
    with pytest.raises(PictureError, match="more than 179 megapixels"):
        load_image(path)
    path.write_bytes(header(300, 300))
    with pytest.raises(PictureError, match=r"x\.png"):
        load_image(path)
    whole = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)).save(whole, "PNG")
    path.write_bytes(whole.getvalue()[:9000])
    with pytest.raises(PictureError, match="cannot be read"):
        load_image(path)
    with pytest.raises(PictureError):
        load_image(tmp_path)


def test_mask_channels(tmp_path):
    rgba = np.dstack([RGB, np.where(RGB[..., :1] > 99, 255, 0)]).astype(np.uint8)
    path = tmp_path / "mask.png"
    Image.fromarray(rgba).save(path)
    visible = as_tensor(rgba[..., 3])
    for i, channel in enumerate(("red", "green", "blue")):
        assert torch.equal(load_mask(path, channel), as_tensor(RGB)[:, [i]] * visible)
    assert torch.equal(load_mask(path, "alpha"), 1 - visible)
    with pytest.raises(UnknownNameError, match="mask channel 'lumniance'; did you mean 'luminance'"):
        load_mask(path, "lumniance")


def test_hole_of_a_mask_file(tmp_path, caplog):
    drawn = np.zeros((74, 106), np.uint8)
    drawn[10, 20:60] = 255
    Image.fromarray(drawn).save(tmp_path / "mask.jpg", quality=95)
    hole = load_hole(tmp_path / "mask.jpg", torch.zeros(1, 3, 37, 53))
    expected = torch.zeros(37, 53)
    expected[5, 10:30] = 1
    assert torch.equal(hole[0, 0], expected)
    assert not caplog.text
    turned = load_hole(tmp_path / "mask.jpg", torch.zeros(1, 3, 74, 106), invert=True)
    assert turned.mean() == pytest.approx(1 - 40 / 74 / 106)
    assert "marks 99 % of the picture; black means fill: is it inverted?" in caplog.text


def test_what_cannot_be_written(tmp_path, photo):
    (tmp_path / "file").write_text("")
    with pytest.raises(PictureError, match="cannot write"):
        save_image(photo, tmp_path / "file" / "x.png")
    with pytest.raises(PictureError, match="end it with one of .png"):
        save_image(photo, tmp_path / "x.gif")
    with pytest.raises(InputError, match="got a batch of 2"):
        save_image(photo.expand(2, -1, -1, -1), tmp_path / "x.png")
    with pytest.raises(InputError, match="bits must be 8 or 16, got 12"):
        save_image(photo, tmp_path / "x.png", bits=12)
    with pytest.raises(InputError, match="16 bits can be kept in .png and .tif"):
        save_image(photo, tmp_path / "x.webp", bits=16)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, photo):
    (tmp_path / "x.png").mkdir()
    with pytest.raises(PictureError, match="cannot write"):
        save_image(photo, tmp_path / "x.png")
    write_bytes(b"old", tmp_path / "y.png")
    with pytest.raises(TypeError):
        write_bytes("no bytes", tmp_path / "y.png")
    assert (tmp_path / "y.png").read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.png", "y.png"]


def test_folders_are_made(tmp_path):
    save_picture(Image.fromarray(RGB), tmp_path / "a" / "b" / "x.png")
    assert torch.equal(load_image(tmp_path / "a" / "b" / "x.png"), as_tensor(RGB))


def test_jpeg_keeps_the_color_of_every_pixel(tmp_path):
    save_image(as_tensor(RGB), tmp_path / "x.jpg")
    with Image.open(tmp_path / "x.jpg") as picture:
        assert [layer[1:3] for layer in picture.layer] == [(1, 1)] * 3  # no subsampling

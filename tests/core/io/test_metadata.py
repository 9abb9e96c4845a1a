"""What a file says beside its pixels, from every format to every format that can hold it."""

import io
import struct

import numpy as np
import pytest
import tifffile
import torch
from monochromic.core import load_photo, save_image
from monochromic.core.io.profiles import srgb_profile
from picture_files import profile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

RGB = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6" dc:title="Grandma"/></x:xmpmeta>'
IPTC = b"\x1c\x02\x78\x00\x07Grandma\x1c\x02\x50\x00\x03Ann"


def exif():
    tags = Image.Exif()
    tags[270], tags[315], tags[33432], tags[306] = "Grandma, 1961", "Ann", "(c) Ann", "2020:01:02 03:04:05"
    tags[274] = 6
    tags.get_ifd(34665).update({36867: "1961:07:08 09:10:11", 40962: 32, 40963: 24, 37510: b"ASCII\0\0\0by the sea"})
    tags.get_ifd(34853).update({1: "N", 2: (52.0, 31.0, 12.0)})
    return tags


def segment(marker, data):
    return struct.pack(">BBH", 0xFF, marker, 2 + len(data)) + data


def file_of(ending, path):
    """A scan of 600 by 300 dpi that says all that its format can."""
    picture, icc = Image.fromarray(RGB), srgb_profile(3)
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">L", len(IPTC)) + IPTC + b"\0" * (len(IPTC) % 2)
    buffer = io.BytesIO()
    if ending == "jpg":
        extra = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP) + segment(0xED, b"Photoshop 3.0\0" + resource)
        picture.save(buffer, "JPEG", exif=exif(), dpi=(600, 300), icc_profile=icc, extra=extra, comment=b"a scan")
    elif ending == "png":
        words = PngInfo()
        words.add_itxt("XML:com.adobe.xmp", XMP.decode())
        words.add_text("Raw profile type iptc", f"\niptc\n{len(resource):8}\n{resource.hex()}\n", zip=True)
        words.add_text("Source", "album")
        picture.save(buffer, "PNG", exif=exif(), dpi=(600, 300), icc_profile=icc, pnginfo=words)
    elif ending == "tif":
        tags = exif()
        for tag in (34665, 34853):
            tags[tag] = tags.get_ifd(tag)
        for tag, value in {700: XMP, 33723: IPTC, 34675: icc, 282: 600.0, 283: 300.0, 296: 2}.items():
            tags[tag] = value
        picture.save(buffer, "TIFF", exif=tags)
    else:
        tags = exif()
        tags[282], tags[283], tags[296] = 600, 300, 2
        picture.save(buffer, "WEBP", exif=tags, xmp=XMP, icc_profile=icc, lossless=True)
    path.write_bytes(buffer.getvalue())
    return path


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("target", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("source", ["jpg", "png", "tif", "webp"])
def test_all_survives(tmp_path, source, target, bits):
    if bits == 16 and target not in ("png", "tif"):
        pytest.skip("the format has 8 bits")
    photo = load_photo(file_of(source, tmp_path / f"in.{source}"))
    path = tmp_path / f"out.{target}"
    save_image(photo.image, path, bits, metadata=photo.metadata)
    with Image.open(path) as picture:
        picture.load()
        tags = picture.getexif()
        words = [tags.get(tag) for tag in (270, 315, 33432, 306)]
        assert words == ["Grandma, 1961", "Ann", "(c) Ann", "2020:01:02 03:04:05"]
        assert tags.get(274, 1) == 1
        inner = tags.get_ifd(34665)
        assert inner[36867] == "1961:07:08 09:10:11"
        assert (inner[40962], inner[40963]) == picture.size == (24, 32)
        assert inner[37510] == b"ASCII\0\0\0by the sea"
        assert [float(v) for v in tags.get_ifd(34853)[2]] == [52, 31, 12]
        assert picture.info["icc_profile"] == srgb_profile(3)
        dpi = picture.info.get("dpi") or (tags[282], tags[283])
        assert [round(float(v)) for v in dpi] == [300, 600]  # turned with the picture
        xmp = picture.info.get("xmp") or picture.tag_v2[700]
        assert b"Grandma" in xmp
        assert b'tiff:Orientation="1"' in xmp
    again = load_photo(path)
    if "webp" not in (source, target):
        assert again.metadata.iptc == IPTC
    assert torch.equal(again.image, photo.image) or target == "jpg"


def test_words_and_comments_stay_in_their_format(tmp_path):
    for ending in ("png", "jpg"):
        photo = load_photo(file_of(ending, tmp_path / f"in.{ending}"))
        save_image(photo.image, tmp_path / f"out.{ending}", metadata=photo.metadata)
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.text["Source"] == "album"
    with Image.open(tmp_path / "out.jpg") as picture:
        assert picture.info["comment"] == b"a scan"


def test_iptc_is_where_other_programs_look(tmp_path):
    photo = load_photo(file_of("jpg", tmp_path / "in.jpg"))
    save_image(photo.image, tmp_path / "out.jpg", metadata=photo.metadata)
    with Image.open(tmp_path / "out.jpg") as picture:
        assert picture.info["photoshop"][0x0404] == IPTC
    save_image(photo.image, tmp_path / "out.tif", metadata=photo.metadata)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert file.pages[0].tags[33723].value == IPTC
        assert file.pages[0].tags["ExifTag"].value["DateTimeOriginal"] == "1961:07:08 09:10:11"


@pytest.mark.parametrize("target", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("gray", [False, True])
def test_the_result_is_tagged_as_what_it_is(tmp_path, gray, target):
    """What was converted is sRGB; what had no profile has none; a broken one is not handed on."""
    picture = Image.fromarray(RGB[..., 0] if gray else RGB)
    srgb = srgb_profile(1 if gray else 3)
    expected = srgb_profile(3) if target == "webp" else srgb  # which holds gray as color
    for given, kept in ((profile(1.8, gray=gray), True), (srgb, True), (b"?" * 200, False), (None, False)):
        picture.save(tmp_path / "in.png", icc_profile=given)
        photo = load_photo(tmp_path / "in.png")
        save_image(photo.image, tmp_path / f"out.{target}", metadata=photo.metadata)
        with Image.open(tmp_path / f"out.{target}") as written:
            assert written.info.get("icc_profile") == (expected if kept else None)
        again = load_photo(tmp_path / f"out.{target}")
        assert torch.equal(again.image, photo.image.expand_as(again.image)) or target == "jpg"


def test_broken_metadata_is_left_out(tmp_path):
    picture = Image.fromarray(RGB)
    data = exif().tobytes()
    for broken in (data[:60], data[:14] + b"\xff" * 20, b"Exif\0\0MM\0*\0\0\0\x08" + b"\xff" * 40):
        picture.save(tmp_path / "in.jpg", exif=broken)
        photo = load_photo(tmp_path / "in.jpg")
        save_image(photo.image, tmp_path / "out.tif", metadata=photo.metadata)
        save_image(photo.image, tmp_path / "out.jpg", metadata=photo.metadata)
        assert load_photo(tmp_path / "out.tif").image.shape == photo.image.shape

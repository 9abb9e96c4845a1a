"""What tests of picture files share: the orientations of EXIF, and color profiles."""

import struct

import numpy as np
from monochromic.core.io.profiles import srgb_profile

STORED = {  # how an upright picture is stored under each orientation of the EXIF standard
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


def profile(gamma=None, *, swap=False, name=b"sRGB", gray=False):
    """sRGB with another curve, with red and blue exchanged, or with another name of four letters."""
    data = srgb_profile(1 if gray else 3)
    entries = {data[i : i + 4]: i for i in range(132, 132 + 12 * data[131], 12)}
    data = bytearray(data)
    for tag in (b"kTRC",) if gray else (b"rTRC", b"gTRC", b"bTRC"):
        place, _ = struct.unpack_from(">LL", data, entries[tag] + 4)
        if gamma:
            curve = b"curv\0\0\0\0" + struct.pack(">LH", 1, round(gamma * 256))
            data[place : place + len(curve)] = curve
            struct.pack_into(">L", data, entries[tag] + 8, len(curve))
    if swap:
        red, blue = entries[b"rXYZ"], entries[b"bXYZ"]
        data[red + 4 : red + 12], data[blue + 4 : blue + 12] = data[blue + 4 : blue + 12], data[red + 4 : red + 12]
    return bytes(data).replace("sRGB".encode("utf-16-be"), name.decode().encode("utf-16-be"))

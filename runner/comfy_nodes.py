"""ComfyUI's own nodes that graphs of this pack use, with ComfyUI's semantics, written anew.

Not decoded the way `core.images` does it: a graph must give the same pixels here and under ComfyUI, which
knows nothing of color profiles.
"""

import io
import json
import os
import re
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps, ImageSequence
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from ..core.errors import InputError
from ..core.host.host import current_host
from ..core.io.decode import open_picture
from ..core.io.files import write_bytes
from ..nodes import runtime


class LoadImage:
    RETURN_TYPES = ("IMAGE", "MASK")
    FUNCTION = "load"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"image": (runtime.list_pictures(), {"image_upload": True})}}

    @classmethod
    def VALIDATE_INPUTS(cls, image: str) -> bool | str:
        return runtime.find_picture(image) is not None or _missing(image)

    def load(self, image: str) -> tuple[Tensor, Tensor]:
        """IMAGE (B, H, W, 3), and MASK = 1 - alpha, or zeros of 64 x 64 when the file has no alpha."""
        frames: list[Tensor] = []
        masks: list[Tensor] = []
        with open_picture(runtime.find_picture(image) or image) as picture:
            many = picture.format != "MPO"
            for frame in ImageSequence.Iterator(picture):
                frame = _eight_bits(ImageOps.exif_transpose(frame))
                rgb = _unit(frame.convert("RGB"))
                if not frames or (many and rgb.shape == frames[0].shape):
                    frames.append(rgb)
                    masks.append(_transparency(frame))
        return torch.stack(frames), torch.stack(masks)


class LoadImageMask:
    RETURN_TYPES = ("MASK",)
    FUNCTION = "load"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        channels = ["alpha", "red", "green", "blue"]
        return {"required": {"image": (runtime.list_pictures(), {"image_upload": True}), "channel": (channels,)}}

    @classmethod
    def VALIDATE_INPUTS(cls, image: str) -> bool | str:
        return runtime.find_picture(image) is not None or _missing(image)

    def load(self, image: str, channel: str) -> tuple[Tensor]:
        with open_picture(runtime.find_picture(image) or image) as picture:
            picture = _eight_bits(ImageOps.exif_transpose(picture)).convert("RGBA")
        values = _unit(picture.getchannel(channel[0].upper()))
        return ((1 - values if channel == "alpha" else values)[None],)


class SaveImage:
    RETURN_TYPES = ()
    FUNCTION = "save"
    OUTPUT_NODE = True
    KIND = "output"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {"images": ("IMAGE",), "filename_prefix": ("STRING", {"default": "ComfyUI"})},
            "hidden": {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
        }

    def save(
        self, images: Tensor, filename_prefix: str = "ComfyUI", prompt: Any = None, extra_pnginfo: Any = None
    ) -> dict[str, Any]:
        """Write a batch as PREFIX_00001_.png and on, 8 bits, values cut off and not rounded."""
        name, folder, counter = _next_name(filename_prefix, self.folder(), images.shape[2], images.shape[1])
        saved = []
        for number, image in enumerate(images):
            levels = (image.cpu().numpy() * 255.0).clip(0, 255).astype(np.uint8)
            file = f"{name.replace('%batch_num%', str(number))}_{counter + number:05}_.png"
            write_bytes(_png(levels, prompt, extra_pnginfo), folder / file)
            subfolder = folder.relative_to(self.folder()).as_posix()
            saved.append({"filename": file, "subfolder": "" if subfolder == "." else subfolder, "type": self.KIND})
        return {"ui": {"images": saved}}

    def folder(self) -> Path:
        return current_host().output_folder


class PreviewImage(SaveImage):
    FUNCTION = "preview"
    KIND = "temp"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"images": ("IMAGE",)}, "hidden": {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"}}

    def preview(self, images: Tensor, prompt: Any = None, extra_pnginfo: Any = None) -> dict[str, Any]:
        return self.save(images, f"ComfyUI_temp_{uuid.uuid4().hex[:5]}", prompt, extra_pnginfo)

    def folder(self) -> Path:
        return current_host().output_folder / "temp"


class PreviewAny:
    RETURN_TYPES = ()
    FUNCTION = "show"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"source": ("*", {})}}

    def show(self, source: Any) -> dict[str, Any]:
        if not isinstance(source, str):
            try:
                source = json.dumps(source)
            except TypeError:
                source = str(source)
        return {"ui": {"text": (source,)}}


def show_pictures(images: Tensor) -> list[dict[str, str]]:
    """Save pictures (B, H, W, 3) as previews; what a node has in its `ui` for them."""
    return PreviewImage().preview(images)["ui"]["images"]


HOST_CLASSES: dict[str, type[Any]] = {
    "LoadImage": LoadImage,
    "LoadImageMask": LoadImageMask,
    "SaveImage": SaveImage,
    "PreviewImage": PreviewImage,
    "PreviewAny": PreviewAny,
}


def _missing(name: str) -> str:
    places = ", ".join(str(f.resolve()) for f in current_host().input_folders)
    return f"there is no picture {name!r} in {places}"


def _eight_bits(picture: Image.Image) -> Image.Image:
    return picture.point(lambda v: v * (1 / 255)) if picture.mode == "I" else picture


def _unit(picture: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(picture, np.float32) / 255.0)


def _transparency(frame: Image.Image) -> Tensor:
    if "A" in frame.getbands():
        return 1 - _unit(frame.getchannel("A"))
    if frame.mode == "P" and "transparency" in frame.info:
        return 1 - _unit(frame.convert("RGBA").getchannel("A"))
    return torch.zeros(64, 64)


def _png(levels: np.ndarray, prompt: Any, extra: Any) -> bytes:
    info = PngInfo()
    for key, value in {"prompt": prompt, **(extra or {})}.items():
        if value is not None:
            info.add_text(key, json.dumps(value))
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, "PNG", pnginfo=info, compress_level=4)
    return buffer.getvalue()


def _next_name(prefix: str, base: Path, width: int, height: int) -> tuple[str, Path, int]:
    """File name stem, folder and first free counter for a SaveImage prefix, which may name subfolders."""
    now = time.localtime()
    parts: dict[str, object] = {"width": width, "height": height, "year": now.tm_year}
    parts |= {k: f"{getattr(now, 'tm_' + v):02}" for k, v in PARTS.items()}
    for key, value in parts.items():
        prefix = prefix.replace(f"%{key}%", str(value))
    path = Path(os.path.normpath(base / prefix))
    if not path.is_relative_to(os.path.normpath(base)):
        raise InputError(f"filename_prefix {prefix!r} leads out of the output folder; choose a name within it")
    pattern = re.compile(re.escape(path.name) + r"_(\d+)_", re.IGNORECASE if os.name == "nt" else 0)
    names = [f.name for f in path.parent.iterdir()] if path.parent.is_dir() else []
    used = [int(m[1]) for m in map(pattern.match, names) if m]
    return path.name, path.parent, max(used, default=0) + 1


PARTS = {"month": "mon", "day": "mday", "hour": "hour", "minute": "min", "second": "sec"}

"""ComfyUI's own nodes that graphs of this pack use, with ComfyUI's semantics, written anew.

Not decoded the way `core.images` does it: a graph must give the same pixels here and under ComfyUI, which
knows nothing of color profiles.
"""

import io
import json
import logging
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
from ..core.io.files import write_new
from ..core.io.opening import broken_for_plugins, open_picture
from ..core.io.truncated import accepting
from ..nodes import runtime
from .names import free_names, place_of

log = logging.getLogger(__name__)


class LoadImage:
    RETURN_TYPES = ("IMAGE", "MASK")
    FUNCTION = "load"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"image": (runtime.list_pictures(), {"image_upload": True})}}

    @classmethod
    def VALIDATE_INPUTS(cls, image: str) -> bool | str:
        return runtime.find_picture(image) is not None or f"there is no picture {runtime.missing(image)}"

    def load(self, image: str) -> tuple[Tensor, Tensor]:
        """IMAGE (B, H, W, 3), and MASK = 1 - alpha, or zeros of 64 x 64 when the file has no alpha."""
        frames: list[Tensor] = []
        masks: list[Tensor] = []
        with open_picture(runtime.find_picture(image) or image) as picture:
            many = picture.format != "MPO"
            for frame in ImageSequence.Iterator(picture):
                frame = _eight_bits(_transposed(frame, image))
                rgb = _unit(frame.convert("RGB"))
                if not frames or (many and rgb.shape == frames[0].shape):
                    frames.append(rgb)
                    masks.append(_transparency(frame))
        return torch.stack(frames), _stacked(masks, frames[0].shape[:2])


class LoadImageMask:
    RETURN_TYPES = ("MASK",)
    FUNCTION = "load"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        channels = ["alpha", "red", "green", "blue"]
        return {"required": {"image": (runtime.list_pictures(), {"image_upload": True}), "channel": (channels,)}}

    @classmethod
    def VALIDATE_INPUTS(cls, image: str) -> bool | str:
        return runtime.find_picture(image) is not None or f"there is no picture {runtime.missing(image)}"

    def load(self, image: str, channel: str) -> tuple[Tensor]:
        with open_picture(runtime.find_picture(image) or image) as picture:
            picture = _eight_bits(_transposed(picture, image)).convert("RGBA")
        values = _unit(picture.getchannel(channel[0].upper()))
        return ((1 - values if channel == "alpha" else values)[None],)


class LoadImageOutput(LoadImage):
    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"image": (runtime.list_pictures(output=True), {"image_upload": True})}}


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

    @classmethod
    def VALIDATE_INPUTS(cls, filename_prefix: str = "") -> bool | str:
        try:
            place_of(filename_prefix, current_host().output_folder)
        except InputError as error:
            return str(error)
        return True

    def save(
        self, images: Tensor, filename_prefix: str = "ComfyUI", prompt: Any = None, extra_pnginfo: Any = None
    ) -> dict[str, Any]:
        """Write a batch as PREFIX_00001_.png and on, 8 bits, values cut off and not rounded."""
        folder, stem = place_of(filename_prefix, self.folder(), images.shape[2], images.shape[1])
        subfolder = folder.relative_to(self.folder()).as_posix()
        numbers, saved = free_names(folder, stem), []
        for i, image in enumerate(images):
            levels = (image.cpu().numpy() * 255.0).clip(0, 255).astype(np.uint8)
            data, name = _png(levels, prompt, extra_pnginfo), stem.replace("%batch_num%", str(i))
            file = next(f for f in (f"{name}_{n:05}_.png" for n in numbers) if write_new(data, folder / f))
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
    "LoadImageOutput": LoadImageOutput,
    "SaveImage": SaveImage,
    "PreviewImage": PreviewImage,
    "PreviewAny": PreviewAny,
}


def _transposed(picture: Image.Image, name: str) -> Image.Image:
    """Turned upright; a file that ends early is read as far as it goes, as ComfyUI does."""
    try:
        with broken_for_plugins():
            return ImageOps.exif_transpose(picture)
    except (OSError, ValueError):
        with accepting(), broken_for_plugins():
            turned = ImageOps.exif_transpose(picture)
        log.warning("%s is cut short or slightly broken; what is missing is black", name)
        return turned


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


def _stacked(masks: list[Tensor], size: torch.Size) -> Tensor:
    """Masks as a batch; where only some frames have transparency, that of the others is none at the frames' size."""
    alike = len({m.shape for m in masks}) == 1
    return torch.stack([m if alike or m.shape == size else torch.zeros(size) for m in masks])


def _png(levels: np.ndarray, prompt: Any, extra: Any) -> bytes:
    info = PngInfo()
    for key, value in {"prompt": prompt, **(extra or {})}.items():
        if value is not None:
            info.add_text(key, json.dumps(value))
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, "PNG", pnginfo=info, compress_level=4)
    return buffer.getvalue()

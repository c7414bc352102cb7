"""Colours as a network and a page expect them: profiles converted to sRGB, transparency on white, or on black."""

import functools
import io

import numpy as np
from PIL import Image, ImageCms

from etudes.data.errors import error_reason
from etudes.data.notes import note

GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16L", "I;16B", "F")
"""Modes of Pillow without colour."""

_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_SAME = 2
"""A profile is sRGB if no colour changes by more, of 255: pictures in it stay as they are, to the bit."""
_MAX_PROFILE_BYTES = 4_000_000
_LIGHT = 240
"""Strokes this light, of 255, cannot be seen on white."""

Transform = ImageCms.ImageCmsTransform


def to_srgb(image: Image.Image) -> Image.Image:
    """Convert a picture from the colour space of its ICC profile to sRGB; grey stays grey, transparency is kept.

    A picture without a profile is taken as sRGB, as browsers do. One whose profile is damaged, or of another kind than
    the picture, is too, and that is noted.
    """
    lab = image.mode == "LAB"
    profile = image.info.get("icc_profile")
    if image.mode == "CMYK" and not profile:
        note("a CMYK picture has no colour profile, so its colours are approximate; save it as sRGB")
    if (not profile and not lab) or image.mode == "1":
        return image
    try:
        kind, transform = _transform(b"" if lab else profile)
    except Exception as error:  # of profiles by strangers, Little CMS and Pillow refuse many in many ways
        note(f"a colour profile that cannot be used is ignored ({error_reason(error)[:60]}); save the picture as sRGB")
        return image
    return image if transform is None else _converted(image, kind, transform)


@functools.lru_cache(maxsize=8)
def _transform(profile: bytes) -> tuple[str, Transform | None]:
    """The mode that a profile is for, and what brings it to sRGB in mode RGB; None for sRGB. No profile is for LAB."""
    srgb = ImageCms.createProfile("sRGB")
    if not profile:
        return "LAB", ImageCms.buildTransform(ImageCms.createProfile("LAB"), srgb, "LAB", "RGB")
    if len(profile) > _MAX_PROFILE_BYTES:
        raise ValueError("it is too large")
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    kind = _SPACES[source.profile.xcolor_space.strip()]
    transform = ImageCms.buildTransform(source, srgb, kind, "RGB")
    if kind == "CMYK":
        return kind, transform
    steps = np.arange(0, 256, 15 if kind == "RGB" else 1, dtype=np.uint8)
    axes = np.meshgrid(*[steps] * len(kind), indexing="ij")
    sample = Image.fromarray(np.stack([axis.ravel() for axis in axes], axis=-1)[None].squeeze(2 if kind == "L" else ()))
    change = np.asarray(ImageCms.applyTransform(sample, transform)).astype(int) - np.asarray(sample.convert("RGB"))
    return kind, transform if np.abs(change).max() > _SAME else None


def _converted(image: Image.Image, kind: str, transform: Transform) -> Image.Image:
    grey = image.mode in GREY_MODES
    if image.has_transparency_data:
        solid = image.convert("RGBA")
        colour, alpha = solid.convert("RGB"), solid.getchannel("A")
    else:
        colour, alpha = image, None
    fits = {"RGB": image.mode not in ("CMYK", "LAB"), "L": grey}.get(kind, image.mode == kind)
    if not fits:
        note("a colour profile of another kind than its picture is ignored; save the picture as sRGB")
        return image
    if kind in ("RGB", "L"):
        colour = colour.convert(kind)
    result = ImageCms.applyTransform(colour, transform)
    note("colours are converted from their profile to sRGB; to decide otherwise, save pictures as sRGB")
    assert result is not None
    if grey:
        result = result.convert("L")
    if alpha:
        result.putalpha(alpha)
    result.info.update(
        {name: value for name, value in image.info.items() if name not in ("icc_profile", "transparency")}
    )
    return result


def visible_light(image: Image.Image) -> tuple[float, float]:
    """How much of a picture is visible, and how light that is, both in pixels; 0 and 0 where nothing is transparent."""
    values = np.asarray(image.convert("LA"), dtype=np.float32) / 255
    alpha = values[..., 1]
    if alpha.min() == 1:
        return 0.0, 0.0
    return float(alpha.sum()), float((alpha * values[..., 0]).sum())


def background_for(visible: float, light: float) -> str:
    """The colour on which transparent pictures can be seen: white, unless all that is visible in them is as light."""
    return "black" if visible and light / visible > _LIGHT / 255 else "white"

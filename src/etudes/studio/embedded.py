"""Pictures inside an address, so that a page needs no further request for them."""

from __future__ import annotations

import base64
import io

from PIL import Image


def embedded(picture: Image.Image | list[Image.Image]) -> str:
    """A picture as a PNG, or a film as a GIF of 12 frames a second, in a `data:` address."""
    file = io.BytesIO()
    if isinstance(picture, list):
        picture[0].save(file, "GIF", save_all=True, append_images=picture[1:], duration=80, loop=0)
    else:
        picture.save(file, "PNG")
    kind = "gif" if isinstance(picture, list) else "png"
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"

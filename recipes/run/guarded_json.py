"""JSON text that carries the checksum of its own content, so that not one byte of it changes unseen."""

import hashlib
import json
from typing import Any

_CHECKSUM = "sha256"


def render(content: dict[str, Any]) -> bytes:
    """The text of `content`, keys sorted, with its SHA-256: equal contents give equal bytes."""
    checksum = hashlib.sha256(_text(content)).hexdigest()
    return _text({**content, _CHECKSUM: checksum})


def parse(text: bytes) -> dict[str, Any]:
    """The content that `render` wrote; ValueError where the text is any other."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON ({error})") from error
    if not isinstance(content, dict) or _CHECKSUM not in content:
        raise ValueError("it has no checksum")
    del content[_CHECKSUM]
    # Rendered again rather than hashed as read: a changed blank is found too.
    if render(content) != text:
        raise ValueError("its checksum differs")
    return content


def _text(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=1, sort_keys=True, allow_nan=False).encode() + b"\n"

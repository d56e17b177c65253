"""Hides secrets in what is recorded of a config."""

import re
from typing import Any

MASK = "***"
_SECRET_KEY = re.compile(r"(^|_)(password|passwd|token|secret|api_?key|credentials?)s?$", re.IGNORECASE)
_SECRET_IN_URI = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_SECRET_IN_OVERRIDE = re.compile(r"^([+~]*[^=]*?([\w-]+))=(.*)$", re.DOTALL)


def mask(config: Any) -> Any:
    """A copy of a config in which values of secret keys (`password`, `api_key`) and `user:password@` in URIs are hidden."""
    if isinstance(config, dict):
        return {key: _masked_value(str(key), value) for key, value in config.items()}
    if isinstance(config, list):
        return [mask(item) for item in config]
    if isinstance(config, str):
        return _SECRET_IN_URI.sub(MASK, config)
    return config


def mask_override(text: str) -> str:
    """The same for one `key=value`."""
    match = _SECRET_IN_OVERRIDE.match(text)
    if match and _is_secret(match[2]):
        return f"{match[1]}={MASK}"
    return str(mask(text))


def _masked_value(key: str, value: Any) -> Any:
    if _is_secret(key) and value is not None and not isinstance(value, dict | list):
        return MASK
    if _is_secret(key) and isinstance(value, list):
        return [MASK for _ in value]
    return mask(value)


def _is_secret(key: str) -> bool:
    return _SECRET_KEY.search(key.replace("-", "_")) is not None

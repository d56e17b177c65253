"""Hides secrets in what is recorded of a config."""

import re
from typing import Any

MASK = "***"
# `token` alone: `max_tokens` is a size.
_SECRET = r"(?:(?:password|passwd|secret|credential|(?:api|access|private)_?key)s?|token)"
# The last word of a key: `tracking.auth_token` is secret, `data.tokenizer` is not.
_SECRET_KEY = re.compile(rf"(?i)(?:^|[^a-z]){_SECRET}$")
_SECRET_INSIDE = re.compile(rf"(?i)((?:^|[^a-z]){_SECRET}[\"']?\s*[:=]\s*)[^\s,}}\]]+")
_SECRET_IN_URI = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def mask(config: Any) -> Any:
    """A copy of a config that hides the values of secret keys (`password`, `api_key`) and `user:password@` in URIs."""
    if isinstance(config, dict):
        return {key: _masked_value(str(key), value) for key, value in config.items()}
    if isinstance(config, list):
        return [mask(item) for item in config]
    if isinstance(config, str):
        return _SECRET_IN_URI.sub(MASK, config)
    return config


def mask_override(text: str) -> str:
    """The same for one `key=value` or another word of a command line."""
    key, equals, _ = text.partition("=")
    if equals and _is_secret(key):
        return f"{key}={MASK}"
    return _SECRET_INSIDE.sub(rf"\g<1>{MASK}", _SECRET_IN_URI.sub(MASK, text))


def _masked_value(key: str, value: Any) -> Any:
    if not _is_secret(key):
        return mask(value)
    if isinstance(value, dict):
        return {name: _masked_value(key, child) for name, child in value.items()}
    if isinstance(value, list):
        return [_masked_value(key, child) for child in value]
    return None if value is None else MASK


def _is_secret(key: str) -> bool:
    return _SECRET_KEY.search(key.replace("-", "_")) is not None

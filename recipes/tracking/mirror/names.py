"""Names and values as MLflow takes them."""

import re

LONGEST_NAME = 250
LONGEST_PARAMETER = 6000
LONGEST_TAG = 5000


def mlflow_name(name: str) -> str:
    """The name with what MLflow refuses turned into underscores: odd characters, and parts that read like a path."""
    plain = re.sub(r"[^/\w.\- :]", "_", name)
    parts = [re.sub(r"^\.{1,2}$", lambda dots: "_" * len(dots[0]), part) or "_" for part in plain.split("/")]
    return "/".join(parts)[:LONGEST_NAME].rstrip("/")

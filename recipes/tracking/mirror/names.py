"""Names and values as MLflow takes them."""

import re

LONGEST_NAME = 250
LONGEST_PARAMETER = 6000
LONGEST_TAG = 5000


def mlflow_name(name: str) -> str:
    """The name as MLflow takes it: odd characters, and parts that read like a path, become underscores."""
    plain = re.sub(r"[^/\w.\- :]", "_", name)[:LONGEST_NAME]
    parts = [re.sub(r"^(\.\.|\.$)", lambda dots: "_" * len(dots[0]), part) for part in plain.split("/") if part]
    return "/".join(parts) or "_"

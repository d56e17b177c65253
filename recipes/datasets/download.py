"""Files fetched once from the network, checked by SHA-256 and kept in a cache that many runs share."""

import fcntl
import hashlib
import http.client
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from recipes.errors import UsageError

TIMEOUT = 30.0

logger = logging.getLogger(__name__)


def cache_folder(name: str) -> Path:
    """Return where the dataset `name` is kept: `galley/datasets` in `$XDG_CACHE_HOME`, by default `~/.cache`."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "galley", "datasets", name)


def fetch(path: Path, addresses: Sequence[str], sha256: str) -> Path:
    """Return `path`, downloaded from the first address that serves a file of this SHA-256 if it is not there yet.

    The file appears under its name only when it is whole and checked, so a killed download leaves nothing that looks
    like it; runs that start together wait for the one that downloads. UsageError where no address serves it.
    """
    if path.exists():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path.parent / ".lock"):
            if not path.exists():
                _publish(_download(path.name, addresses, sha256), path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def _download(name: str, addresses: Sequence[str], sha256: str) -> bytes:
    """Return the content of the first address that has this SHA-256; UsageError says why each of the others failed."""
    refusals = []
    for address in addresses:
        logger.info("downloading %s", address)
        try:
            with urlopen(address, timeout=TIMEOUT) as response:
                content: bytes = response.read()
        except (OSError, http.client.HTTPException, ValueError) as error:
            refusals.append(f"{address}: {_reason(error)}")
            continue
        found = hashlib.sha256(content).hexdigest()
        if found == sha256:
            return content
        refusals.append(f"{address}: its SHA-256 is {found}, expected {sha256}")
    raise UsageError(f"{name} could not be downloaded ({'; '.join(refusals)})")


def _reason(error: Exception) -> str:
    """Say what went wrong; urllib wraps what the system says into words of its own."""
    if isinstance(error, URLError) and not isinstance(error, HTTPError):
        return str(error.reason)
    return str(error)


def _publish(content: bytes, path: Path) -> None:
    """Write the file under a name of its own, then rename it: other runs see it whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as part:
        try:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
            os.replace(part.name, path)
        except BaseException:
            os.unlink(part.name)
            raise


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold the lock file while the block runs; the system lets go of it when the process ends, however it ends."""
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield

"""Downloads end whole and checked under their name, or say in one line why not and what to do."""

import hashlib
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from recipes.datasets import FashionMNIST
from recipes.datasets.download import cache_folder, fetch
from recipes.errors import UsageError

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Site(ThreadingHTTPServer):
    """A web site of a few files that counts how often each was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.files: dict[str, bytes] = {"/whole": CONTENT, "/wrong": CONTENT[:-1] + b"?", "/short": CONTENT}
        self.requests: Counter[str] = Counter()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Page(BaseHTTPRequestHandler):
    """Serves a file, the one named /short only by half."""

    server: Site

    def do_GET(self) -> None:
        self.server.requests[self.path] += 1
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if self.path == "/short" else content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "*")
    with Site() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".lock"}


def test_a_file_is_downloaded_once(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    for _ in range(2):
        assert fetch(path, [f"{site.address}/whole"], SHA256) == path
        assert path.read_bytes() == CONTENT
    assert site.requests == {"/whole": 1}
    assert left_in(path.parent) == {"file"}


def test_runs_that_start_together_download_once(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "file"
    with ThreadPoolExecutor(8) as runs:
        for done in [runs.submit(fetch, path, [f"{site.address}/whole"], SHA256) for _ in range(8)]:
            assert done.result().read_bytes() == CONTENT
    assert site.requests == {"/whole": 1}
    assert left_in(tmp_path) == {"file"}


@pytest.mark.parametrize(("page", "reason"), [("wrong", "SHA-256"), ("short", "IncompleteRead"), ("missing", "404")])
def test_the_next_mirror_is_asked_where_one_fails(site: Site, tmp_path: Path, page: str, reason: str) -> None:
    with pytest.raises(UsageError, match=f"file could not be downloaded .*/{page}: .*{reason}"):
        fetch(tmp_path / "file", [f"{site.address}/{page}"], SHA256)
    assert left_in(tmp_path) == set()
    fetch(tmp_path / "file", [f"{site.address}/{page}", f"{site.address}/whole"], SHA256)
    assert left_in(tmp_path) == {"file"}


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"could not be downloaded .*unknown url type"):
        fetch(tmp_path / "file", ["nonsense"], SHA256)


def test_a_folder_that_cannot_be_written_is_named(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    with pytest.raises(UsageError, match="file/data: cannot be written: "):
        fetch(tmp_path / "file" / "data", [f"{site.address}/whole"], SHA256)


def test_the_cache_is_where_xdg_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("mnist") == tmp_path / "galley" / "datasets" / "mnist"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder("mnist") == tmp_path / "home" / ".cache" / "galley" / "datasets" / "mnist"


def test_without_a_network_one_line_names_the_option(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(UsageError, match=r"train-images.*Connection refused.*data\.root=FOLDER$") as refusal:
        _ = FashionMNIST(mirror=f"http://127.0.0.1:{port}").train
    assert "\n" not in str(refusal.value)


def test_a_family_comes_from_its_mirror_and_then_from_the_cache(
    site: Site, shared_data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    root = shared_data / "fashion-mnist"
    site.files = {f"/copy/{path.name}": path.read_bytes() for path in root.glob("*.gz")}
    for _ in range(2):
        test = FashionMNIST(mirror=f"{site.address}/copy/").test
        np.testing.assert_array_equal(test.inputs, FashionMNIST(root).test.inputs)
    assert site.requests == {"/copy/t10k-images-idx3-ubyte.gz": 1, "/copy/t10k-labels-idx1-ubyte.gz": 1}
    assert left_in(tmp_path / "galley" / "datasets" / "fashion-mnist") == {
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    }

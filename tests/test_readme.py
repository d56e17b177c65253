"""What the README shows works as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_its_program_trains_and_saves(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    first = "first = nn.functional.huber_loss(model(x).squeeze(1), x.prod(dim=1)).item()\n"
    program = program.replace("optimizer = ", first + "optimizer = ", 1)
    ended = "last = nn.functional.huber_loss(model(x).squeeze(1), x.prod(dim=1)).item()\nassert last < first / 2\n"
    subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(README.parent)!r})\n{program}{ended}"],
        cwd=tmp_path,
        check=True,
        timeout=60,
    )
    assert (tmp_path / "model.safetensors").stat().st_size > 0

"""What the README shows is what is there."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_experiment_it_shows_is_the_one_that_is_shipped() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert (ROOT / "configs" / "digits_mlp.yaml").read_text().endswith(shown)


def test_every_command_it_lists_exists_and_none_is_left_out() -> None:
    listed = set(re.findall(r"`ml (\w+)", README.partition("## The commands")[2]))
    answer = subprocess.run(
        [sys.executable, "-c", "import cli.main; cli.main.main()", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    commands = set(re.findall(r"^  (\w+)  ", answer.partition("Commands:")[2], re.MULTILINE))
    assert listed == commands


def test_every_page_it_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).is_file()


def test_the_program_that_it_shows_trains_and_saves(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    measure = "nn.functional.huber_loss(model(x).squeeze(1), y).item()"
    program = program.replace("optimizer = ", f"first = {measure}\noptimizer = ", 1) + f"assert {measure} < first / 2\n"
    path = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
    subprocess.run([sys.executable, "-c", path + program], cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "model.safetensors").stat().st_size > 0

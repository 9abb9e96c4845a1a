"""How every benchmark writes its table: with the date, the machine and the command that made it."""

import os
import platform
import sys
from datetime import date
from pathlib import Path

import torch

RESULTS = Path(__file__).parent / "results"


def machine() -> str:
    """The processor or GPU, its threads, and the versions that matter."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        name = models[0] if models else name
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{name}, {counted(torch.get_num_threads(), 'thread')}{gpu}, torch {torch.__version__}"


def table(heading: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def counted(number: int, noun: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def command() -> str:
    """The command that runs, as others can type it: with paths from the working folder."""
    return " ".join(["python", *(os.path.relpath(each) if Path(each).is_absolute() else each for each in sys.argv)])


def write(name: str, title: str, *parts: str, folder: Path = RESULTS) -> None:
    """Print a report and keep it as `<name>.md` in a folder."""
    text = "\n\n".join([f"# {title}", f"`{command()}`, {date.today().isoformat()}, {machine()}", *parts]) + "\n"
    print(text)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(text)

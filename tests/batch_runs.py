"""The command `batch` as a user types it, and what it left."""

from monochromic.cli import main

FAST = ["--backbone", "telea", "--texture", "0", "--workers", "1", "--threads", "1"]


def batch(*arguments):
    return main(["batch", *FAST, *map(str, arguments)])


def results(folder):
    """The files of a folder of results, as bytes by name, without the report and the journal."""
    files = [path for path in folder.rglob("*") if path.is_file() and ".monochromic" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if path.name != "report.html"}

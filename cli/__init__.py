"""The workflow runner and the command line: everything without ComfyUI."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn


def command() -> NoReturn:
    """The process of the command `monochromic`, to its end."""
    code = main()
    from .process import leave

    leave(code)
    sys.exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `monochromic`; returns the exit code. Reads what it needs here, so that this can be stopped too.

    arguments: None for those of this process, which then is the command's own.
    """
    try:
        os.environ.setdefault("GOMP_SPINCOUNT", "0")  # torch's threads sleep while they wait: see docs/measured.md
        if arguments is None:
            from .process import prepare

            prepare()
        from .app import main as run

        return run(arguments)
    except KeyboardInterrupt:
        print("monochromic: stopped", file=sys.stderr)
        return 130
    finally:
        if arguments is None:
            from .process import end

            end()

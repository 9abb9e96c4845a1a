"""`python -m monochromic`: the command line."""

import sys

if __name__ == "__main__":
    try:
        from .cli import command

        command()
    except KeyboardInterrupt:  # before the command could see to it
        sys.exit(130)

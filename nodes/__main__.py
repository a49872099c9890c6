"""`python -m nodes` is `commons-node`."""

from nodes.memory import without_tls
from shared.starting import loading

with loading(), without_tls():
    from nodes.cli import main

if __name__ == "__main__":
    main(prog_name="commons-node")

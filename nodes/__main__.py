"""`python -m nodes` is `commons-node`."""

from nodes.memory import lightly
from shared.starting import loading

with loading(), lightly():
    from nodes.cli import main

if __name__ == "__main__":
    main(prog_name="commons-node")

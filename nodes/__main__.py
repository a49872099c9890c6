"""`python -m nodes` is `commons-node`."""

from shared.starting import loading

with loading():
    from nodes.cli import main

if __name__ == "__main__":
    main(prog_name="commons-node")

"""`python -m federation` is `commons-hub`."""

from shared.starting import loading

with loading():
    from federation.cli import main

if __name__ == "__main__":
    main(prog_name="commons-hub")

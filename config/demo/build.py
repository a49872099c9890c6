"""Generate every file of the demonstration set from its sources: `python -m config.demo.build [--only CODE]`."""

import argparse
import importlib
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Institution:
    """One invented institution: its code in the federation and the folder that holds its resources."""

    code: str
    folder: Path

    @property
    def records(self) -> list[Path]:
        """The resources' TOML files, in the order of their names."""
        return sorted((self.folder / "resources").glob("*.toml"))


def institutions() -> list[Institution]:
    """Read institutions.toml."""
    table = tomllib.loads((HERE / "institutions.toml").read_text(encoding="utf-8"))
    return [Institution(row["code"], HERE / row["folder"]) for row in table["institutions"]]


def named_files(record: Path) -> list[Path]:
    """Give the files that a resource's TOML names, resolved against the TOML's own folder."""
    table = tomllib.loads(record.read_text(encoding="utf-8"))
    return [(record.parent / entry["path"]).resolve() for entry in table.get("files", [])]


def missing_files(institution: Institution) -> list[str]:
    """Say of each file that a record names and that is absent or empty which record wants it."""
    return [
        f"{record.name}: {path.name}"
        for record in institution.records
        for path in named_files(record)
        if not path.is_file() or path.stat().st_size == 0
    ]


def build(institution: Institution) -> None:
    """Run the institution's `make_files.make` into its files folder."""
    out = institution.folder / "files"
    out.mkdir(exist_ok=True)
    importlib.import_module(f"config.demo.{institution.folder.name}.make_files").make(out)


def main(arguments: list[str] | None = None) -> int:
    """Build all institutions or one, then check that every file named by a record is there; 1 when one is not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", metavar="CODE", help="build this institution alone")
    only = parser.parse_args(arguments).only
    chosen = [each for each in institutions() if only in (None, each.code)]
    if not chosen:
        parser.error(f"no institution has the code {only}")
    missing = []
    for institution in chosen:
        print(f"生成 {institution.code} ……", flush=True)
        build(institution)
        missing += missing_files(institution)
    for line in missing:
        print(f"缺少文件：{line}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

"""Whether those who do not see or hear learn what pictures, sound and film say (WCAG 2.2, 1.1.1, 1.2.1 and 1.2.2)."""

from __future__ import annotations

from collections.abc import Iterator

from federation.findings.finding import DOUBT, SERIOUS, Finding, Record

DECORATION = frozenset({"source"})
"""Roles of files that readers are not shown."""
LEAST = 5
"""Characters below which a description of a picture says hardly more than its title."""


def alternatives(record: Record) -> Iterator[Finding]:
    """Pictures without a description, or with one that only repeats the file's name."""
    for number, entry in enumerate(record.get("files", ())):
        if not entry["media_type"].startswith("image/") or entry["role"] in DECORATION:
            continue
        pointer, name = f"/files/{number}/alt", entry["name"]
        texts = [text.strip() for text in entry.get("alt", {}).values()]
        if not any(texts):
            yield Finding(
                "alt_missing",
                SERIOUS,
                f"图片“{name}”没有替代文字，看不见的人不知道画的是什么。",
                f"The picture “{name}” has no description: who cannot see it does not learn what it shows.",
                pointer,
            )
        elif all(_says_nothing(text, name) for text in texts):
            yield Finding(
                "alt_poor",
                DOUBT,
                f"图片“{name}”的替代文字“{texts[0]}”没有说出画的是什么。",
                f"The description of the picture “{name}”, “{texts[0]}”, does not say what it shows.",
                pointer,
            )


def captions(record: Record) -> Iterator[Finding]:
    """Film without captions, sound without a transcript."""
    files = record.get("files", ())
    roles = {entry["role"] for entry in files}
    kinds = {entry["media_type"].partition("/")[0] for entry in files if entry["role"] == "main"}
    if "video" in kinds and not roles & {"caption", "transcript"}:
        yield Finding(
            "captions_missing",
            DOUBT,
            "视频没有字幕或文字稿。",
            "The film has neither captions nor a transcript.",
            "/files",
        )
    if "audio" in kinds and "transcript" not in roles:
        yield Finding("transcript_missing", DOUBT, "音频没有文字稿。", "The sound has no transcript.", "/files")


def _says_nothing(text: str, name: str) -> bool:
    stem = name.rpartition(".")[0] or name
    return len(text) < LEAST or text.casefold() in (name.casefold(), stem.casefold())

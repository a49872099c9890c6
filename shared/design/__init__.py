"""The look that hub and node share: one style sheet and one mark, served by either side from this folder."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
"""Where `commons.css` and `favicon.svg` are."""

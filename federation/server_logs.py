"""What the web server itself says, in lines like everybody else's (federation/logs.py).

Its master loads this and little else, so this knows neither structlog nor the settings.
"""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

CONFIG = Path(__file__).with_suffix(".json")
"""What the server is given: where its lines go, and which of them."""
FORMAT = "COMMONS_LOG_FORMAT"


class Lines(logging.Formatter):
    """One JSON object a line, or a readable form for a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        said = {"event": record.getMessage(), "level": record.levelname.lower(), "timestamp": at}
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        if os.environ.get(FORMAT) == "console":
            return f"{at} [{said['level']}] {said['event']}"
        return json.dumps(said, ensure_ascii=False)


class WithoutAdvice(logging.Filter):
    """Leaves out the advice to have fewer threads: most of ours only wait for bodies (federation/waiting.py)."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is worth a line."""
        return "Python threads, which seems quite high" not in record.getMessage()

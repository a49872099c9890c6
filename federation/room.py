"""Room on the disk of a single machine, where database and files share it."""

from __future__ import annotations

import shutil

from federation.settings import HubSettings


def free_bytes(settings: HubSettings) -> int:
    """How much room the data folder's disk has."""
    return shutil.disk_usage(settings.var).free


def is_enough(settings: HubSettings) -> bool:
    """Whether more files may come; where the files go elsewhere, their store has to say."""
    return not settings.embedded or free_bytes(settings) >= settings.min_free_bytes

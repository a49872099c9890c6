"""The node: a member institution registers its resources here and publishes them to the hub.

Programs use it as `from nodes import Node` (`nodes.library`, docs/node-library.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nodes.library import Node as Node


def __getattr__(name: str) -> Any:
    """`Node`, which is loaded when somebody wants it: every part of the node passes through here."""
    if name == "Node":
        from nodes.library import Node  # noqa: PLC0415  # see above

        return Node
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

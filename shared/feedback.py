"""What the public says of a resource, which reaches the institution's node as a question and is answered as one."""

from __future__ import annotations

MISTAKE, QUESTION = "mistake", "question"
FEEDBACK_KINDS = (MISTAKE, QUESTION)
"""Something is wrong with the resource; somebody wants to know something."""
MAX_FEEDBACK = 1000
"""Characters of one."""

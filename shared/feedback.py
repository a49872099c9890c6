"""What the public says of a resource, which reaches the institution's node as a question and is answered as one."""

from __future__ import annotations

MISTAKE, QUESTION = "mistake", "question"
FEEDBACK_KINDS = (MISTAKE, QUESTION)
"""Something is wrong with the resource; somebody wants to know something."""
HIDDEN, SHOWN = "hidden", "shown"
"""What the alliance does to one: nobody has to answer what it has hidden, and the public does not see it."""
FEEDBACK_WORDS = (*FEEDBACK_KINDS, HIDDEN, SHOWN)
"""What a status event may say of one."""
MAX_FEEDBACK = 1000
"""Characters of one."""

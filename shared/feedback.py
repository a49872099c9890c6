"""What the public says of a resource, which reaches the institution's node as a question and is answered as one."""

from __future__ import annotations

MISTAKE, QUESTION = "mistake", "question"
FEEDBACK_KINDS = (MISTAKE, QUESTION)
"""Something is wrong with the resource; somebody wants to know something."""
HIDDEN, SHOWN, ERASED = "hidden", "shown", "erased"
"""What the alliance does to one: nobody has to answer what it has hidden, and the public does not see it.

Of what it has erased nobody keeps the words: neither the question's nor the answer's, which may repeat them.
"""
FEEDBACK_DEEDS = (HIDDEN, SHOWN, ERASED)
FEEDBACK_WORDS = (*FEEDBACK_KINDS, *FEEDBACK_DEEDS)
"""What a status event may say of one."""
MAX_FEEDBACK = 1000
"""Characters of one."""

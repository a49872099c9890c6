"""Bringing in what an institution has elsewhere: an OAI-PMH repository, a feed, a web page, or a watched folder."""

"""Harvesting a repository by OAI-PMH 2.0 (Open Archives Initiative, 2002), as real repositories speak it."""

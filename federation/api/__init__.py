"""The hub's programming interfaces."""

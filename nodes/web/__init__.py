"""The node's local page: what the institution has registered, what became of it, and a form for more."""

"""Backups of a node: making them while it runs, and restoring one."""

"""Backups of a hub: database, secrets, settings and the list of objects as of one moment, and the way back."""

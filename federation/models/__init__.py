"""The hub's tables, one file an aggregate; importing `federation.models.registry` loads them all."""

"""The review policy that the hub ships with (default.toml); `federation.checklist` reads it."""

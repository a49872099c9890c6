"""Collections and campaigns: chosen from the catalogue by the alliance or an institution, for the public to read."""

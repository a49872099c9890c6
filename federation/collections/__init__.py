"""Collections and campaigns: what the alliance or an institution chose from the catalogue, in order, for the public."""

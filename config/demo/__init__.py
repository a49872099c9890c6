"""The demonstration set: three invented institutions and the resources they share."""

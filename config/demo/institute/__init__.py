"""The demonstration institute: units of the SI and the instruments of daily life."""

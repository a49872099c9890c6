"""The invented Demo Provincial Society for Metrology: its records, sources and generated files."""

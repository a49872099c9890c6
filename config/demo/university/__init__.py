"""The invented Demo University of Metrology: its records, sources and generated files."""

"""What becomes of the federation when processes are killed and networks fail."""

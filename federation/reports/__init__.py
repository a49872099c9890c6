"""What members contributed and what the public used of it: the figures, and the forms in which they are taken."""

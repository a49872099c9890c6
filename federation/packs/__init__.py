"""Everything of a resource as one archive: for a classroom without a network, or as a bag for another repository."""

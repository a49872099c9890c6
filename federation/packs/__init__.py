"""Everything of a resource, or of a collection, as one archive: for a classroom without a network, or as a bag."""

"""The node: a member institution registers its resources here and publishes them to the hub."""

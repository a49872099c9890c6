"""Real parts that tests start: stores, hubs, nodes, and valid records by default."""

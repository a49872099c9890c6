"""Pictures that the hub makes of stored files: small ones for lists, large ones and pages for a resource's page."""

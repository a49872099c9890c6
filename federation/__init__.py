"""The hub: ingestion, review, catalogue and object storage of the shared resource cloud."""

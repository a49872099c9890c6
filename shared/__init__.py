"""What the hub and every node must agree on: records, vocabularies, signatures, messages, errors."""

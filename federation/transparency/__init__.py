"""The audit log for those who do not trust its keeper: its Merkle tree, checkpoints, and proofs."""

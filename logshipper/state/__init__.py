"""What outlives the process: checkpoints, the quarantine, and the lock on their folder."""

"""What the Makefile's targets run: the set-up, the demo and the lock files. Standard library only."""

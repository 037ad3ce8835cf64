"""What the Makefile's targets run: the set-up and the demo. Standard library only."""

"""Events: what a log tells beside requests."""

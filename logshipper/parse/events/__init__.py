"""Events: everything in a log that is not a request."""

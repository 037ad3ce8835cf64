"""One module for each command of `logshipper`; each is imported only when it is called."""

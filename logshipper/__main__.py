"""`python -m logshipper` is the command `logshipper`."""

from logshipper.cli import main

main()

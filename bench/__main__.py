"""`python -m bench`: measure, and print the tables. The results that were kept stand in RESULTS.md."""

from bench import parse

if __name__ == "__main__":
    print("## Lines to line protocol\n")
    print(parse.main())

"""`python -m cli` is `ml`."""

from cli.main import main

if __name__ == "__main__":
    main()

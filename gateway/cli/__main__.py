"""`python -m gateway.cli`: the command `memcube` where it is not installed."""

from gateway.cli import main

if __name__ == "__main__":
    main()

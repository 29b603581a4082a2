"""Runs the command line: `python -m hopwatch`, and the installed `hopwatch`."""

from hopwatch.cli.main import main

if __name__ == "__main__":
    main()

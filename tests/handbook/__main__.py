"""Writes the pages that are made of the rules: `make docs`. A test keeps them true."""

from handbook import PAGES


def main() -> None:
    """Write every page."""
    for path, make in PAGES.items():
        path.write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()

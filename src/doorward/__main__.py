"""The program `doorward`, also as `python -m doorward`."""

from doorward.lasting import lasting


def main() -> None:
    """Run the command line."""
    with lasting():
        from doorward.cli.main import main as run  # noqa: PLC0415 - loading is what takes time
    run()


if __name__ == "__main__":
    main()

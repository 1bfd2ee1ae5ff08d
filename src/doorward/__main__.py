"""`python -m doorward`."""

from doorward.cli.main import main

main()

"""Pages for people: plain forms that work everywhere, and the same use cases as the API behind them."""

from pathlib import Path

FOLDER = Path(__file__).parent

"""Pages for people: plain forms that work everywhere, and the same use cases as the API behind them."""

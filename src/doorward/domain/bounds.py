"""Numbers that no operator can mean."""


def check_bounds(**values: tuple[float, float, float]) -> None:
    """Refuse a value outside its bounds; each is given as (least, value, most).

    Raises:
        ValueError: naming the value and what it may be.
    """
    for name, (least, value, most) in values.items():
        if not least <= value <= most:
            raise ValueError(f"{name.upper()} must lie between {least:.0f} and {most:.0f}")

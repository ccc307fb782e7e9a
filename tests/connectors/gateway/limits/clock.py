"""A clock that stands until it is moved."""


class Clock:
    """at: seconds since 1970."""

    def __init__(self, at: float = 1_800_000_000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at

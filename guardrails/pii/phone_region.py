"""Whether digits are a telephone number of a country, by Google's metadata of numbering plans."""

from __future__ import annotations

import phonenumbers

# ISO 3166-1 codes of the countries whose metadata there is.
REGIONS = frozenset(phonenumbers.SUPPORTED_REGIONS)


def is_national(text: str, regions: tuple[str, ...]) -> bool:
    """Tell whether a number is valid in one of the regions, as it is written inside of them.

    Valid: of a length and with a prefix that is assigned; about 20 µs a region.

    >>> is_national("020 7946 0958", ("FR", "GB")), is_national("020 7946 0958", ("FR",))
    (True, False)
    """
    return any(_is_valid(text, region) for region in regions)


def is_international(digits: str) -> bool:
    """Tell whether digits that begin with a country's code are a valid number.

    >>> is_international("442079460958"), is_international("4420794609")
    (True, False)
    """
    return _is_valid("+" + digits, None)


def _is_valid(text: str, region: str | None) -> bool:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    if region is None:
        return phonenumbers.is_valid_number(number)
    return phonenumbers.is_valid_number_for_region(number, region)

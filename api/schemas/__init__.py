"""What the API says and hears: pydantic models, made from domain values by their attributes.

Every list is `{"items": [...], "next": cursor or null}`; instants are RFC 3339 in UTC; spans are seconds in a name
that ends in `_s`.
"""

"""Column types in words: a suite names a family, or a Polars type, of each column.

Great Expectations compares the names of pandas types, which say `float64` for a whole
number with a gap and are wrong for pandas 3 strings. The slice's own types are not.
"""

from collections.abc import Iterable

NUMBERS = ("integer", "number")
TIMES = ("date", "datetime")
WIDE = {"null": "null", "object": "mixed"}

_FAMILIES = {
    "integer": "int8 int16 int32 int64 int128 uint8 uint16 uint32 uint64 uint128",
    "number": "float16 float32 float64 decimal",
    "text": "string utf8 categorical enum",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
    "time": "time",
    "duration": "duration",
    "binary": "binary",
    "nested": "list array struct",
}
_FAMILY_OF = {
    name: family for family, names in _FAMILIES.items() for name in names.split()
}
_ALIASES = {
    "int": "integer",
    "float": "number",
    "numeric": "number",
    "double": "float64",
    "str": "text",
    "bool": "boolean",
    "timestamp": "datetime",
    "datetime64": "datetime",
}

KNOWN = sorted({*_FAMILIES, *_FAMILY_OF, *_ALIASES})
"""Every type name that a suite may use, in lower case."""


def family(dtype: str) -> str:
    """What kind of values a Polars type name stands for.

    >>> family("Datetime(time_unit='us', time_zone=None)"), family("UInt8")
    ('datetime', 'integer')
    """
    base = dtype.partition("(")[0].lower()
    return _FAMILY_OF.get(base) or WIDE.get(base, "other")


def families(dtypes: Iterable[str]) -> set[str]:
    """The families of several types, some of which may be unions such as `Int64|Null`.

    >>> sorted(families(["Int64|Null", "Float64"]))
    ['integer', 'null', 'number']
    """
    return {family(name) for dtype in dtypes for name in dtype.split("|") if name}


def accepts(allowed: str, dtype: str) -> bool:
    """Whether a column of this Polars type is what the suite's word allows.

    >>> accepts("number", "Int64"), accepts("Int64", "Int32"), accepts("str", "String")
    (True, False, True)
    """
    word = allowed.lower()
    word = _ALIASES.get(word, word)
    base = dtype.partition("(")[0].lower()
    if word in (base, family(dtype)):
        return True
    return word == "number" and family(dtype) in NUMBERS

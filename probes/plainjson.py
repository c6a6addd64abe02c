"""`loads` and `dumps` for interpreters without `json`, such as Debian's python3-minimal: RFC 8259 as far as the probes use it."""

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, List, Match, Tuple

TOKEN = re.compile(r'[ \t\r\n]*(?:([{}\[\]:,])|("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|(true|false|null))', re.S)
WORDS = {"true": True, "false": False, "null": None}
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
# A surrogate pair, another \u escape, or a short escape.
ESCAPED = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\(.)", re.S)


def dumps(value: object) -> str:
    """JSON in ASCII."""
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return '"{}"'.format("".join(map(escaped, value)))
    if isinstance(value, dict):
        return "{{{}}}".format(", ".join(f"{dumps(str(key))}: {dumps(item)}" for key, item in value.items()))
    return "[{}]".format(", ".join(map(dumps, value)))


def escaped(character: str) -> str:
    code = ord(character)
    if character in '"\\':
        return "\\" + character
    if code > 0xFFFF:
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return character if 32 <= code < 127 else f"\\u{code:04x}"


def unescaped(match: "Match[str]") -> str:
    high, low, single, short = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
    return chr(int(single, 16)) if single else ESCAPES.get(short, short)


def loads(text: str) -> "Any":
    """The value of a JSON text. Raises ValueError."""
    value, end = parse(text, 0)
    if text[end:].strip(" \t\r\n"):
        raise ValueError("more than one value")
    return value


def parse(text: str, at: int) -> "Tuple[Any, int]":
    """(value, offset after it) of the value at an offset."""
    match = TOKEN.match(text, at)
    if not match:
        raise ValueError(f"no JSON at {at}")
    mark, string, number, word = match.groups()
    at = match.end()
    if string is not None:
        return ESCAPED.sub(unescaped, string[1:-1]), at
    if number is not None:
        return (float(number) if re.search("[.eE]", number) else int(number)), at
    if word is not None:
        return WORDS[word], at
    if mark == "[":
        return parse_items(text, at, "]", lambda place: parse(text, place))
    if mark == "{":
        pairs, at = parse_items(text, at, "}", lambda place: parse_pair(text, place))
        return dict(pairs), at
    raise ValueError(f"no value at {at}")


def parse_pair(text: str, at: int) -> "Tuple[Tuple[str, Any], int]":
    """((name, value), offset after it) of one member of an object."""
    key, at = parse(text, at)
    colon = TOKEN.match(text, at)
    if not colon or colon.group(1) != ":" or not isinstance(key, str):
        raise ValueError(f"no name and value at {at}")
    value, at = parse(text, colon.end())
    return (key, value), at


def parse_items(text: str, at: int, end: str, item: "Callable[[int], Tuple[Any, int]]") -> "Tuple[List[Any], int]":
    """(items, offset after *end*) of a list with commas. *item* parses one of them at an offset."""
    found: List[Any] = []
    match = TOKEN.match(text, at)
    if match and match.group(1) == end:
        return found, match.end()
    while True:
        value, at = item(at)
        found.append(value)
        match = TOKEN.match(text, at)
        mark = match.group(1) if match else None
        if mark == end:
            return found, match.end()
        if mark != ",":
            raise ValueError(f"no end at {at}")
        at = match.end()

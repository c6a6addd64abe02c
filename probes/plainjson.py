"""loads and dumps for interpreters that come without `json` (Debian's python3-minimal): RFC 8259, as the probes use it."""

import re

TOKEN = re.compile(r'[ \t\r\n]*(?:([{}\[\]:,])|("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|(true|false|null))', re.S)
WORDS = {"true": True, "false": False, "null": None}
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
ESCAPED = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\(.)", re.S)


def dumps(value):
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return '"%s"' % "".join(map(escaped, value))
    if isinstance(value, dict):
        return "{%s}" % ", ".join("%s: %s" % (dumps(str(key)), dumps(item)) for key, item in value.items())
    return "[%s]" % ", ".join(map(dumps, value))


def escaped(character):
    code = ord(character)
    if character in '"\\':
        return "\\" + character
    if code > 0xFFFF:
        code -= 0x10000
        return "\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF))
    return character if 32 <= code < 127 else "\\u%04x" % code


def unescaped(match):
    high, low, single, plain = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
    return chr(int(single, 16)) if single else ESCAPES.get(plain, plain)


def loads(text):
    value, end = parse(text, 0)
    if text[end:].strip(" \t\r\n"):
        raise ValueError("more than one value")
    return value


def parse(text, at):
    match = TOKEN.match(text, at)
    if not match:
        raise ValueError("no JSON at %d" % at)
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
    raise ValueError("no value at %d" % at)


def parse_pair(text, at):
    key, at = parse(text, at)
    colon = TOKEN.match(text, at)
    if not colon or colon.group(1) != ":" or not isinstance(key, str):
        raise ValueError("no name and value at %d" % at)
    value, at = parse(text, colon.end())
    return (key, value), at


def parse_items(text, at, end, item):
    found = []
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
            raise ValueError("no end at %d" % at)
        at = match.end()

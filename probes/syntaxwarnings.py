"""Says whether compiling a source prints a warning (SyntaxWarning).

Python prints it whenever it compiles. Where a .pyc is beside the source, it does not compile. Compiling is slow, so only
a source is compiled that has one of the usual causes in its text.
"""

import re
import sys
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Match

# A comment, or a string: longer quotes first. In a string, a backslash takes the next byte with it.
TOKEN = re.compile(
    rb"#[^\n]*"
    rb'|"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""|\'\'\'[^\'\\]*(?:(?:\\.|\'(?!\'\'))[^\'\\]*)*\'\'\''
    rb'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|\'[^\'\\\n]*(?:\\.[^\'\\\n]*)*\'',
    re.DOTALL,
)
PREFIX = re.compile(rb"[A-Za-z]{0,2}\Z")
# Escapes that no string has, such as \d, and octal ones that are too large (Language Reference, 2.4.1.1).
ESCAPE = re.compile(rb"\\(?:[^\r\n\\'\"abfnrtvx0-7NuU]|[4-7][0-7]{2})")
# In bytes, these are none either.
BYTES_ESCAPE = re.compile(rb"\\[NuU]")
# Other causes, in code whose strings are "": a comparison by identity with a literal, an assertion about a tuple, a number
# that touches a word. A pattern that begins with letters is quick to look for, so what stands before them is asked afterwards.
OTHER = [
    re.compile(rb'is(?<=\bis)\s+(?:not\s+)?(?:[A-Za-z]{0,2}"|-?\d)'),
    re.compile(
        rb"assert(?<=\bassert)\s*\((?:[^(),]|\((?:[^()]|\([^()]*\))*\))*,"
        rb"(?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\)"
        rb'[ \t\f]*(?:[\r\n;",\\]|\Z)'
    ),
    re.compile(rb"[0-9]\.?[aefino](?:(?<=a)nd|(?<=e)lse|(?<=f)or|(?<=i)[fns]|(?<=n)ot|(?<=o)r)\b"),
]
# A block that is left by return, break or continue (PEP 765).
FINALLY = re.compile(rb"^([ \t]*)finally:.*\n((?:\1[ \t].*\n|[ \t]*\n)+)", re.MULTILINE)
LEAVES = re.compile(rb"\b(?:return|break|continue)\b")

# Bytes. A larger source is data, and slow to compile.
LARGEST = 1 << 20


def warns(source: bytes, path: str) -> bool:
    """Whether this Python prints a SyntaxWarning when it compiles *source*. False where it can't be compiled."""
    if len(source) > LARGEST or not is_suspect(source):
        return False
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            compile(source, path, "exec", 0, dont_inherit=True)
        except Exception:
            return False
    return any(issubclass(one.category, SyntaxWarning) for one in seen)


def is_suspect(source: bytes) -> bool:
    """Whether the text has one of the usual causes."""
    # Before 3.12, a wrong escape is a DeprecationWarning, which Python does not show.
    may_escape = sys.version_info >= (3, 12) and (ESCAPE.search(source) or BYTES_ESCAPE.search(source))
    if may_escape and any(has_wrong_escape(source, match) for match in TOKEN.finditer(source)):
        return True
    if sys.version_info >= (3, 14) and any(LEAVES.search(match.group(2)) for match in FINALLY.finditer(source)):
        return True
    code = TOKEN.sub(b'""', source)
    return any(other.search(code) for other in OTHER)


def has_wrong_escape(source: bytes, match: "Match[bytes]") -> bool:
    """Whether a match of TOKEN is a string with an escape that is none."""
    text = match.group()
    if b"\\" not in text or text.startswith(b"#"):
        return False
    start = match.start()
    prefix = PREFIX.search(source[max(0, start - 2) : start]).group().lower()
    if b"r" in prefix:
        return False
    # Without pairs of backslashes, no backslash is taken for the second of a pair.
    text = text.replace(b"\\\\", b"")
    return bool(ESCAPE.search(text) or (b"b" in prefix and BYTES_ESCAPE.search(text)))

"""TOML as others may have written it: read in time that grows with its length."""

from __future__ import annotations

import re
import tomllib

_DEEP = re.compile(r"""(?<![\w"'-])(?:(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}""")
"""A key of more parts than any setting has: `tomllib` looks at each part once for every other."""


def parse(text: str) -> dict[str, object]:
    """The document. Raises ValueError, in words, for what is none."""
    if _DEEP.search(text) is not None:
        msg = "it has a key of more than 32 parts"
        raise ValueError(msg)
    try:
        return tomllib.loads(text)
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None

"""MQTT topics: parts that any broker and Home Assistant accept, made of any name."""

import hashlib
import re
import unicodedata

from ..errors import DataError

_SAFE = re.compile(r"[a-z0-9_-]{1,40}")


def topic_part(name: str) -> str:
    """Part of a topic for a name: lower-case letters a-z, digits, ``_`` and ``-``.

    Names that are not such a part already get eight characters of their SHA-256, so that two names never share a part.

    >>> topic_part("anna"), topic_part("Anna/#+")
    ('anna', 'anna_9a198518')
    """
    if _SAFE.fullmatch(name) and not re.search(r"_[0-9a-f]{8}$", name):
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    readable = re.sub(r"[^a-z0-9-]+", "_", plain).strip("_-")[:31]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{readable}_{digest}" if readable else digest


def require_prefix(prefix: str) -> str:
    """A prefix of topics that is given by a person, such as ``home/door``.

    Raises:
        DataError: it is empty, or has a wildcard, an empty level or a control character.
    """
    levels = prefix.split("/")
    if (
        not all(levels)
        or prefix.startswith("$")
        or re.search(r"[#+\x00-\x1f\x7f]", prefix)
        or len(prefix.encode()) > 200
    ):
        raise DataError(
            f"the prefix of topics: expected levels such as 'home/door' without #, + and empty levels, found '{prefix}'",
            expected="levels without wildcards",
            found=prefix,
        )
    return prefix

"""Addresses: which there may be, how they are shown, what their files are called."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from deepdiva.errors import ConfigError
from deepdiva.provenance.tree import printable

SCHEMES = ("https", "http", "file")


def is_address(word: str) -> bool:
    """Tell whether a word is meant as an address.

    Example:
        >>> is_address("https://example.org/a.zip"), is_address("mnist"), is_address("hf:mnist")
        (True, False, False)
    """
    return "://" in word or word.startswith("file:")


def refuse_odd_address(address: str) -> None:
    """Refuse an address that is not read here (CFG-031)."""
    try:
        parts = urlsplit(address)
        known = address.isprintable() and parts.scheme in SCHEMES and (parts.port or 1) > 0
    except ValueError:
        known = False
    local = known and parts.scheme == "file"
    if not known or (local and parts.netloc not in ("", "localhost")) or (not local and not parts.hostname):
        raise ConfigError(
            f"{printable(shown_address(address))} cannot be read",
            expected="an address that begins with https://, http:// or file:///",
            remedy="correct the address; a folder of this machine is file:///absolute/path",
            code="CFG-031",
        )


def shown_address(address: str) -> str:
    """Return `address` without what may be secret in it: user, password and query.

    Example:
        >>> shown_address("https://me:secret@example.org/a.zip?token=1")
        'https://example.org/a.zip'
    """
    head, mark, rest = address.partition("://")
    if not mark:
        return address
    host, slash, path = rest.partition("/")
    return f"{head}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0].partition('#')[0]}"


def file_name(address: str) -> str:
    """Return the name of the file at `address`.

    Example:
        >>> file_name("https://example.org/sets/my%20set.tar.gz?download=1")
        'my set.tar.gz'
    """
    return PurePosixPath(unquote(urlsplit(address).path)).name


def local_path(address: str) -> Path:
    """Return the place on this machine that a file address names."""
    return Path(url2pathname(urlsplit(address).path))

"""Addresses of servers as people type them: whether they are any, and whether they lead to this computer."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit


def http_parts(text: str) -> SplitResult | None:
    """The parts of an http(s) address; None for what is none, or has a name and password in it."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    return parts if valid else None


def is_loopback(host: str) -> bool:
    """Whether a host is this computer, by its name alone."""
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(host: str) -> bool:
    """Whether a host is an address of a home's or company's own network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False

"""Who gets the messages of which topic, as ``--sns-subscribers`` names them."""

from __future__ import annotations

import re

from trail.post import is_url

__all__ = ["subscriptions"]

_ONE = re.compile(r"(?:(?P<topic>[A-Za-z0-9_-]{1,256}(?:\.fifo)?)=)?(?P<url>https?://\S+)")


def subscriptions(text: str) -> list[tuple[str | None, str]]:
    """Topics (None: all) and URLs of ``http://a/,topic=https://b/``; ``ValueError`` if the text is anything else."""
    found: list[tuple[str | None, str]] = []
    for part in filter(None, (part.strip() for part in re.split(r",(?=\s*(?:[A-Za-z0-9_.-]+=)?https?://)", text))):
        one = _ONE.fullmatch(part)
        if one is None or not is_url(one["url"]) or one["url"] in (url for _, url in found):
            raise ValueError(part)
        found.append((one["topic"], one["url"]))
    return found

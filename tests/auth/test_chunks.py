"""Bodies in signed chunks: the examples of AWS's documentation, and what was changed on the way."""

from __future__ import annotations

import pytest

from emulator.auth.chunks import Seed, are_signed, split
from emulator.auth.sigv4 import signing_key

SECRET, TIME, SCOPE = (
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "20130524T000000Z",
    "20130524/us-east-1/s3/aws4_request",
)
KEY = signing_key(SECRET, "20130524", "us-east-1", "s3")
PLAIN = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
PLAIN_CHUNKS = (
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
)
TRAILED = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
TRAILED_CHUNKS = (
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
)
TRAILER = (
    b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
    b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n"
)
SIZES = (65536, 1024, 0)


def body(signatures: tuple[str, ...], trailer: bytes = b"", letters: str = "aa") -> bytes:
    """The body of the examples: 66,560 times the letter a, in two chunks and an empty one."""
    chunks = [
        f"{size:x};chunk-signature={signature}\r\n{letter * size}".encode() + (b"\r\n" if size else b"")
        for size, signature, letter in zip(SIZES, signatures, [*letters, ""], strict=True)
    ]
    return b"".join(chunks) + trailer + b"\r\n"


def holds(sent: bytes, seed: str, *, trailed: bool = False) -> bool:
    taken_apart = split(sent)
    assert taken_apart is not None
    return are_signed(taken_apart, Seed(KEY, TIME, SCOPE, seed), trailed=trailed)


def test_the_example_without_trailers():
    assert holds(body(PLAIN_CHUNKS), PLAIN)


def test_the_example_with_a_trailer():
    assert holds(body(TRAILED_CHUNKS, TRAILER), TRAILED, trailed=True)


def test_what_was_sent_is_put_together():
    taken_apart = split(body(TRAILED_CHUNKS, TRAILER))
    assert taken_apart is not None
    assert taken_apart.data == b"a" * sum(SIZES)
    assert taken_apart.trailers["x-amz-checksum-crc32c"] == "sOO8/Q=="


@pytest.mark.parametrize(
    ("sent", "seed"),
    [
        (body(PLAIN_CHUNKS, letters="ab"), PLAIN),
        (body(PLAIN_CHUNKS, letters="ba"), PLAIN),
        (body(PLAIN_CHUNKS), TRAILED),
        (body((*PLAIN_CHUNKS[:2], "0" * 64)), PLAIN),
        (body((PLAIN_CHUNKS[1], PLAIN_CHUNKS[0], PLAIN_CHUNKS[2])), PLAIN),
        (body(("", "", "")), PLAIN),
        (b"0;chunk-signature=" + PLAIN_CHUNKS[2].encode() + b"\r\n\r\n", PLAIN),
    ],
)
def test_what_is_not_as_it_was_signed(sent, seed):
    assert not holds(sent, seed)


@pytest.mark.parametrize(
    "trailer",
    [b"", TRAILER.replace(b"sOO8", b"sOO9"), TRAILER.partition(b"\n")[0] + b"\n", TRAILER.replace(b"d81", b"d82")],
)
def test_trailers_that_are_not_as_they_were_signed(trailer):
    assert not holds(body(TRAILED_CHUNKS, trailer), TRAILED, trailed=True)


@pytest.mark.parametrize(
    "sent", [b"", b"5\r\n123", b"5\r\n12345", b"5\r\n12345\r\n", b"x\r\n", b"5\r\n12345abc\r\n0\r\n\r\n"]
)
def test_what_is_not_whole_is_nothing(sent):
    assert split(sent) is None

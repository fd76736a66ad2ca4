"""Signing keys: their form, their validity, their history, and what happens when one is lost."""

import hashlib
import stat

import pytest

from tests.trail.house import HOUR, NOW, few_keys
from tests.trail.validator import integers, verify
from trail.keys import VALIDITY, Keys, verifies

WEST = "us-west-2"
DAY = 24 * HOUR


@pytest.fixture
def keys(tmp_path):
    return Keys(tmp_path / "keys", few_keys())


def test_a_key_is_rsa_2048_and_told_as_pkcs1(keys):
    signer = keys.signer(WEST, NOW, NOW + HOUR)
    [public] = keys.history(WEST)
    modulus, exponent = integers(public.der)
    assert (modulus.bit_length(), exponent) == (2048, 65537)
    assert public.fingerprint == signer.fingerprint == hashlib.md5(public.der).hexdigest()
    assert (public.start, public.end) == (NOW, NOW + 30 * DAY)


def test_a_signature_is_pkcs1_over_sha256_and_always_the_same(keys):
    signer = keys.signer(WEST, NOW, NOW + HOUR)
    [public] = keys.history(WEST)
    signature = signer.sign(b"text")
    assert signature == signer.sign(b"text")
    assert verify(public.der, bytes.fromhex(signature), b"text")
    assert verifies(public, signature, b"text")
    for other, text in ((signature, b"texts"), ("00" * 256, b"text"), ("nonsense", b"text"), ("", b"text")):
        assert not verifies(public, other, text)


def test_the_private_half_is_only_its_owners_to_read(keys, tmp_path):
    keys.signer(WEST, NOW, NOW + HOUR)
    [private] = (tmp_path / "keys" / WEST).glob("*.pem")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert private.read_text().startswith("-----BEGIN PRIVATE KEY-----")
    assert sorted(path.suffix for path in (tmp_path / "keys" / WEST).iterdir()) == [".json", ".pem"]


def test_a_region_has_its_own_and_keeps_it_for_thirty_days(keys):
    first = keys.signer(WEST, NOW, NOW + HOUR)
    assert keys.signer(WEST, NOW + VALIDITY - 2 * HOUR, NOW + VALIDITY - HOUR).fingerprint == first.fingerprint
    assert keys.signer("us-east-1", NOW, NOW + HOUR).fingerprint != first.fingerprint
    second = keys.signer(WEST, NOW + VALIDITY - HOUR, NOW + VALIDITY)
    assert second.fingerprint != first.fingerprint
    assert [key.fingerprint for key in keys.history(WEST)] == [first.fingerprint, second.fingerprint]


def test_the_same_key_signs_in_the_next_process(keys, tmp_path):
    first = keys.signer(WEST, NOW, NOW + HOUR)
    again = Keys(tmp_path / "keys", few_keys(5)).signer(WEST, NOW, NOW + HOUR)
    assert again.fingerprint == first.fingerprint
    assert again.sign(b"x") == first.sign(b"x")


def test_keys_are_listed_by_the_time_they_were_valid_in(keys):
    first = keys.signer(WEST, NOW, NOW + HOUR).fingerprint
    second = keys.signer(WEST, NOW + 40 * DAY, NOW + 40 * DAY + HOUR).fingerprint

    def between(start, end):
        return [key.fingerprint for key in keys.between(WEST, NOW + start, NOW + end)]

    assert between(0, 0) == between(-DAY, 0) == between(30 * DAY, 31 * DAY) == [first]
    assert between(-DAY, -1) == between(30 * DAY + 1, 40 * DAY - 1) == []
    assert between(30 * DAY, 40 * DAY) == [first, second]
    assert keys.between("eu-west-1", 0, 1 << 60) == []


@pytest.mark.parametrize(
    "lose",
    [
        lambda private: private.unlink(),
        lambda private: private.write_text("nonsense"),
        lambda private: private.write_bytes(b""),
        lambda private: (private.unlink(), private.mkdir()),
    ],
)
@pytest.mark.parametrize("same_process", [True, False])
def test_a_lost_key_is_replaced_and_what_it_signed_still_verifies(keys, tmp_path, lose, same_process):
    first = keys.signer(WEST, NOW, NOW + HOUR)
    signature = first.sign(b"text")
    [private] = (tmp_path / "keys" / WEST).glob("*.pem")
    lose(private)
    if not same_process:
        keys = Keys(tmp_path / "keys", few_keys(1))
    second = keys.signer(WEST, NOW + HOUR, NOW + 2 * HOUR)
    if not (same_process and private.is_file()):  # what is in memory is not lost
        assert second.fingerprint != first.fingerprint
    [public] = [key for key in keys.history(WEST) if key.fingerprint == first.fingerprint]
    assert verifies(public, signature, b"text")


def test_another_regions_key_is_no_key(keys, tmp_path):
    west, east = keys.signer(WEST, NOW, NOW + HOUR), keys.signer("us-east-1", NOW, NOW + HOUR)
    folder = tmp_path / "keys"
    pem = (folder / "us-east-1" / f"{east.fingerprint}.pem").read_bytes()
    (folder / WEST / f"{west.fingerprint}.pem").write_bytes(pem)
    assert Keys(folder, few_keys(2)).signer(WEST, NOW, NOW + HOUR).fingerprint not in (
        west.fingerprint,
        east.fingerprint,
    )


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"value": "AAAA", "start": 1, "end": 2}', '{"value": 1}'])
def test_what_is_no_public_key_is_passed_over(keys, tmp_path, text):
    keys.signer(WEST, NOW, NOW + HOUR)
    (tmp_path / "keys" / WEST / "0123.json").write_text(text)
    assert len(keys.history(WEST)) == 1

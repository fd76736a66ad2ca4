"""An identities file: what it may hold, what is made of it, and the sentence for each thing that is off."""

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.identities.known import Role, Root, Service, User
from emulator.identities.reading import IdentitiesError, read
from tests.sts.world import DEPLOY, FILE, HOME, SMITH, write

USER = 'name = "a"\naccount = "111122223333"\naccess_key = "AKIA1"\nsecret_key = "hush"\n'
ROLE = 'name = "r"\naccount = "111122223333"\ntrust = []\n'
SERVICE = 'invoked_by = "ecs.amazonaws.com"\naccount = "111122223333"\naccess_key = "AKIA2"\nsecret_key = "hush"\n'


def off(folder: Path, text: str) -> str:
    """The sentence that a file is refused with, without the file's own folder."""
    with pytest.raises(IdentitiesError) as caught:
        read(write(folder, text))
    return str(caught.value).replace(f"{folder}/", "")


def test_everything_a_file_lists_is_found(tmp_path: Path) -> None:
    found = read(write(tmp_path))
    user, role = found.holder(SMITH), found.role(HOME, "deploy")
    assert isinstance(user, User)
    assert user is found.user(HOME, "smithj")
    assert user.arn("aws-cn") == f"arn:aws-cn:iam::{HOME}:user/staff/smithj"
    assert role is not None
    assert (role.arn("aws"), role.max_session_duration) == (DEPLOY, 7200)
    kinds = [type(each) for each in found.principals]
    assert kinds == [User, User, Root, Service, Service, Service, Service, Service]
    assert found.holder("AKIANONE") is None


def test_defaults(tmp_path: Path) -> None:
    found = read(write(tmp_path, f'[[user]]\n{USER}[[role]]\n{ROLE}[[service]]\n{SERVICE}role = "linked"\n'))
    user, service = found.principals
    role = found.role(HOME, "r")
    assert isinstance(user, User)
    assert isinstance(service, Service)
    assert isinstance(role, Role)
    assert (user.path, role.path, role.max_session_duration) == ("/", "/", 3600)
    assert re.fullmatch("AIDA[A-Z2-7]{17}", user.principal_id)
    assert re.fullmatch("AROA[A-Z2-7]{17}", role.principal_id)
    assert service.session_name == "ecs"
    assert service.role is not None
    assert service.role.arn("aws") == f"arn:aws:iam::{HOME}:role/aws-service-role/ecs.amazonaws.com/linked"


def test_a_service_calls_for_a_user_that_is_listed(tmp_path: Path) -> None:
    found = read(write(tmp_path, f'[[service]]\n{SERVICE}user = "a"\n[[user]]\n{USER}'))
    (service,) = (each for each in found.principals if isinstance(each, Service))
    assert service.user is found.user(HOME, "a")


def test_trust_in_whom_the_file_does_not_list(tmp_path: Path) -> None:
    trusted = [
        f"arn:aws:iam::{HOME}:user/else",
        "arn:aws:iam::444455556666:user/staff/a",
        f"arn:aws:iam::{HOME}:role/r",
    ]
    found = read(write(tmp_path, f"[[user]]\n{USER}[[role]]\n{ROLE}".replace("[]", str(trusted))))
    assert found.roles[0].trust == set(trusted)


def test_a_service_has_a_role_that_is_listed(tmp_path: Path) -> None:
    found = read(write(tmp_path, f'[[service]]\n{SERVICE}role = "r"\n[[role]]\n{ROLE}'))
    (service,) = found.principals
    assert isinstance(service, Service)
    assert service.role is found.role(HOME, "r")


def test_policies_lie_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "read.json").write_text('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    found = read(write(tmp_path, f'[[user]]\n{USER}policies = ["read.json"]'))
    (user,) = found.principals
    assert isinstance(user, User)
    assert [policy.file for policy in user.policies] == [tmp_path / "read.json"]
    assert user.policies[0].document == {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def test_an_empty_file_lists_nobody(tmp_path: Path) -> None:
    assert read(write(tmp_path, "")).principals == ()


OF_A_USER = "of [[user]] 1 in identities.toml"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[usr]]", "Unknown table usr in identities.toml; did you mean user?"),
        ("[user]", "user in identities.toml is no list of tables: write [[user]]."),
        ("user = 1", "user in identities.toml is no list of tables: write [[user]]."),
        (
            f"[[user]]\n{USER}polices = []",
            f"Unknown key polices {OF_A_USER}; did you mean policies?",
        ),
        (f"[[user]]\n{USER}xyzzy = 1", f"Unknown key xyzzy {OF_A_USER}."),
        (
            "[[user]]",
            f"name {OF_A_USER} is missing: it takes 1 to 64 letters, digits or any of +=,.@_-.",
        ),
        (
            "[[user]]\naccount = 111122223333",
            f"account {OF_A_USER} is 111122223333: it takes 12 digits, in quotes.",
        ),
        (
            f'[[user]]\n{USER}path = "/x"',
            f"path {OF_A_USER} is '/x': it takes a path that begins and ends with a slash.",
        ),
        (
            f"[[user]]\n{USER}tags = {{ team = 1 }}",
            f"tags {OF_A_USER} is {{'team': 1}}: it takes at most 50 tags, such as {{ team = \"red\" }}.",
        ),
        (f"[[user]]\n{USER}policies = [1]", f"policies {OF_A_USER} is [1]: it takes a list of names of files."),
        (
            f"[[role]]\n{ROLE}max_session_duration = 60",
            (
                "max_session_duration of [[role]] 1 in identities.toml is 60: it takes a whole number of seconds from "
                "3600 to 43200."
            ),
        ),
        (
            f"[[role]]\n{ROLE}".replace("[]\n", '["somebody"]\n'),
            (
                "trust of [[role]] 1 in identities.toml is ['somebody']: it takes a list of ARNs, accounts, services "
                "such as ecs.amazonaws.com or identity providers."
            ),
        ),
        (
            f'[[user]]\n{USER}path = "/staff/"\n[[role]]\n{ROLE}'.replace("[]\n", f'["arn:aws:iam::{HOME}:user/a"]\n'),
            (
                f"trust of [[role]] 1 in identities.toml names arn:aws:iam::{HOME}:user/a, which is "
                f"arn:aws:iam::{HOME}:user/staff/a by its path."
            ),
        ),
        (
            f'[[service]]\n{SERVICE}user = "u"\nrole = "r"',
            (
                "user of [[service]] 1 in identities.toml stands beside a role: a service calls through a role or for "
                "a user."
            ),
        ),
        (
            f'[[service]]\n{SERVICE}user = "v"\n[[user]]\n{USER}',
            f"user of [[service]] 1 in identities.toml is 'v': there is no [[user]] of that name in {HOME}.",
        ),
        (
            f"[[service]]\n{SERVICE}".replace("ecs.amazonaws.com", "ecs"),
            (
                "invoked_by of [[service]] 1 in identities.toml is 'ecs': it takes the DNS name of a service, such as "
                "ecs.amazonaws.com."
            ),
        ),
        (
            f"[[user]]\n{USER}[[service]]\n{SERVICE}".replace("AKIA2", "AKIA1"),
            "access_key of [[service]] 1 in identities.toml is that of [[user]] 1, too: each needs its own.",
        ),
        (
            f"[[user]]\n{USER}[[user]]\n{USER}".replace("AKIA1", "AKIA3", 1),
            "name of [[user]] 2 in identities.toml is that of [[user]] 1, too: each needs its own.",
        ),
    ],
)
def test_what_is_off_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    assert off(tmp_path, text) == sentence


@pytest.mark.parametrize("key", ["ASIAIOSFODNN7EXAMPLE", "hush/hush+hush", ""])
def test_no_sentence_shows_a_key_or_a_secret(tmp_path: Path, key: str) -> None:
    told = off(tmp_path, f"[[user]]\n{USER}".replace('"AKIA1"', f'"{key}"'))
    assert told.startswith(f"access_key {OF_A_USER} is off: it takes ")
    assert "hush" not in told
    told = off(tmp_path, f"[[user]]\n{USER}".replace('"hush"', "[12345]"))
    assert told == f"secret_key {OF_A_USER} is off: it takes a secret, in quotes."


def test_nothing_that_is_printed_shows_a_secret(tmp_path: Path) -> None:
    found = read(write(tmp_path))
    assert "secret" not in repr([*found.principals, *found.roles]).replace("secret=", "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file or directory."),
        ("{", "is not JSON: "),
        ("[]", "is no IAM policy: it has no Statement."),
        ("{}", "is no IAM policy: it has no Statement."),
    ],
)
def test_a_policy_that_is_none(tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        (tmp_path / "p.json").write_text(content)
    told = off(tmp_path, f'[[user]]\n{USER}policies = ["p.json"]')
    assert told.startswith(f"policies {OF_A_USER} names p.json, which ")
    assert words in told


def test_a_file_that_is_not_there_or_no_toml(tmp_path: Path) -> None:
    with pytest.raises(IdentitiesError, match=r"^Cannot read .*none\.toml: No such file or directory; "):
        read(tmp_path / "none.toml")
    assert off(tmp_path, "[[user]").startswith("identities.toml is not TOML: ")


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_taken_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    with contextlib.suppress(IdentitiesError):
        read(write(folder, text))


def test_the_example_is_good() -> None:
    assert FILE.count("[[") == 13

"""The one table of settings: what it takes, and which of defaults, file, environment and flags wins."""

from pathlib import Path

import pytest

from emulator.configuration import from_environment, from_file, load
from emulator.settings import OPTIONS, Settings, SettingsError
from tests.cli import settings_page


def write(folder: Path, text: str) -> Path:
    path = folder / "maptrail.toml"
    path.write_text(text)
    return path


@pytest.fixture(autouse=True)
def in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults_are_those_of_the_table() -> None:
    settings = load({}, {})
    assert {option.name: getattr(settings, option.name) for option in OPTIONS} == {
        option.name: option.default for option in OPTIONS
    }
    assert (settings.host, settings.port, settings.data) == ("127.0.0.1", 4610, Path("maptrail-data"))


def test_the_file_is_over_the_defaults_the_environment_over_the_file_a_flag_over_all(tmp_path: Path) -> None:
    write(tmp_path, 'port = 1\nregion = "eu-west-1"\naccount = "000000000001"\n')
    settings = load({"port": "3", "account": None}, {"MAPTRAIL_PORT": "2", "MAPTRAIL_REGION": "eu-west-2"})
    assert (settings.port, settings.region, settings.account) == (3, "eu-west-2", "000000000001")


def test_a_flag_turns_off_what_the_environment_turned_on() -> None:
    assert load({}, {"MAPTRAIL_EPHEMERAL": "yes"}).ephemeral
    assert not load({"ephemeral": False}, {"MAPTRAIL_EPHEMERAL": "yes"}).ephemeral


def test_a_named_file_is_taken_in_place_of_the_one_that_lies_here(tmp_path: Path) -> None:
    write(tmp_path, "port = 1")
    other, third = tmp_path / "other.toml", tmp_path / "third.toml"
    other.write_text("port = 2")
    third.write_text("port = 3")
    assert load({}, {}).port == 1
    assert load({}, {"MAPTRAIL_CONFIG": str(other)}).port == 2
    assert load({}, {"MAPTRAIL_CONFIG": str(other)}, third).port == 3


def test_a_relative_path_in_a_file_starts_at_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "conf"
    folder.mkdir()
    assert from_file(write(folder, 'data = "state"'))["data"] == folder / "state"
    assert from_environment({"MAPTRAIL_DATA": "state"})["data"] == Path("state")


def test_an_empty_variable_sets_nothing() -> None:
    assert from_environment({"MAPTRAIL_PORT": "", "MAPTRAIL_CONFIG": "", "PATH": "x"}) == {}


def test_what_kubernetes_sets_for_a_service_called_maptrail_is_neither_a_setting_nor_an_error() -> None:
    links = {
        "MAPTRAIL_PORT": "tcp://10.0.0.11:4610",
        "MAPTRAIL_PORT_4610_TCP": "tcp://10.0.0.11:4610",
        "MAPTRAIL_PORT_4610_TCP_ADDR": "10.0.0.11",
        "MAPTRAIL_SERVICE_HOST": "10.0.0.11",
        "MAPTRAIL_SERVICE_PORT": "4610",
        "MAPTRAIL_SERVICE_PORT_HTTP": "4610",
    }
    assert load({}, links) == Settings()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"MAPTRAIL_PROT": "1"}, "Unknown environment variable MAPTRAIL_PROT; did you mean MAPTRAIL_PORT?"),
        ({"MAPTRAIL_XYZZY": "1"}, "Unknown environment variable MAPTRAIL_XYZZY."),
        ({"MAPTRAIL_PORT": "x"}, "MAPTRAIL_PORT is 'x': it takes a number from 0 to 65535."),
        ({"MAPTRAIL_PORT": "65536"}, "MAPTRAIL_PORT is '65536': it takes a number from 0 to 65535."),
        ({"MAPTRAIL_ACCOUNT": "12"}, "MAPTRAIL_ACCOUNT is '12': it takes 12 digits."),
        ({"MAPTRAIL_REGION": "Mars"}, "MAPTRAIL_REGION is 'Mars': it takes a region, such as us-east-1."),
        (
            {"MAPTRAIL_REGION": "us-east-1\n"},
            "MAPTRAIL_REGION is 'us-east-1\\n': it takes a region, such as us-east-1.",
        ),
        ({"MAPTRAIL_EVENT_VERSION": "2"}, "MAPTRAIL_EVENT_VERSION is '2': it takes a version, such as 1.11."),
        ({"MAPTRAIL_QUOTAS": "on"}, "MAPTRAIL_QUOTAS is 'on': it takes aws or off."),
        ({"MAPTRAIL_FSYNC": "maybe"}, "MAPTRAIL_FSYNC is 'maybe': it takes true or false."),
        (
            {"MAPTRAIL_OPERATION_DELAY": "-1"},
            "MAPTRAIL_OPERATION_DELAY is '-1': it takes a number of seconds, 0 or more.",
        ),
        (
            {"MAPTRAIL_DELIVERY_INTERVAL": "nan"},
            "MAPTRAIL_DELIVERY_INTERVAL is 'nan': it takes a number of seconds, 0 or more.",
        ),
    ],
)
def test_what_is_off_in_the_environment_is_one_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({}, given)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("prot = 1", "Unknown key prot in {file}; did you mean port?"),
        ("delivery-interval = 1", "Unknown key delivery-interval in {file}; did you mean delivery_interval?"),
        ('port = "1"', "port in {file} is '1': it takes a number from 0 to 65535."),
        ("port = true", "port in {file} is True: it takes a number from 0 to 65535."),
        ("account = 111122223333", "account in {file} is 111122223333: it takes 12 digits, in quotes."),
        ("data = 1", "data in {file} is 1: it takes a path, in quotes."),
        ('quotas = "on"', "quotas in {file} is 'on': it takes aws or off."),
    ],
)
def test_what_is_off_in_the_file_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        from_file(path)
    assert str(caught.value) == sentence.format(file=path)


def test_a_file_that_is_missing_or_no_toml_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^Cannot read .*none\.toml: No such file or directory; "):
        load({}, {}, tmp_path / "none.toml")
    with pytest.raises(SettingsError, match=r"maptrail\.toml is not TOML: "):
        from_file(write(tmp_path, "port"))


def test_a_file_takes_every_kind(tmp_path: Path) -> None:
    path = write(
        tmp_path, 'delivery_interval = 0\noperation_delay = 0.5\nfsync = true\ns3_dir = "/s3"\nlog_format = "json"'
    )
    settings = load({}, {}, path)
    assert (settings.delivery_interval, settings.operation_delay, settings.fsync) == (0.0, 0.5, True)
    assert settings.s3_root == Path("/s3")


def test_settings_made_in_code_are_checked_too() -> None:
    with pytest.raises(SettingsError, match=r"^port is '70000': it takes a number from 0 to 65535\.$"):
        Settings(port=70000)
    assert Settings(data=Path("d")).s3_root == Path("d/s3")


def test_the_page_of_settings_is_the_table() -> None:
    assert settings_page.PAGE.read_text() == settings_page.page()


def test_the_example_on_the_page_is_taken(tmp_path: Path) -> None:
    example = settings_page.page().split("```toml\n")[1].split("```")[0]
    assert from_file(write(tmp_path, example)) == {
        "port": 4700, "data": tmp_path / "state", "delivery_interval": 0.0, "quotas": "off",
    }  # fmt: skip

"""Wherever the process dies on the way of a digest: no chain is broken, no log file is in none or in two."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from tests.trail.house import HOUR, NOW, House
from tests.trail.mortal import Death
from tests.trail.test_digests import digests
from tests.trail.test_kill import PROGRAM, run_and_kill
from tests.trail.validator import Validator

REGIONS = ("us-east-1", "eu-west-1")


def check(house, *, complete=True):
    """Every digest is valid, every chain is whole; if ``complete``, every file is in a digest."""
    start = datetime.fromtimestamp(NOW / 1000, UTC) - timedelta(days=2)
    listed = []
    for region in REGIONS:
        verdict = Validator(house.buckets, house.keys, house.trail(), region).run(start, start + timedelta(days=300))
        assert verdict.wrong == []
        assert len(verdict.digests) == len(digests(house, region))
        assert verdict.gaps == 0
        listed += verdict.files
    assert len(listed) == len(set(listed))
    if complete:
        assert sorted(listed) == sorted(house.files())
    else:
        assert set(listed) <= house.files().keys()


@pytest.mark.parametrize("steps", range(40))
def test_wherever_the_process_dies_every_file_is_in_one_digest(house, mortal, monkeypatch, steps):
    """Two regions; then the house is opened anew, with nothing but what is on disk."""
    house.default_trail()
    ids = [house.record(region=region) for region in REGIONS]
    house.delivery.deliver()
    house.now += HOUR
    ids += [house.record(region=region) for region in REGIONS]
    mortal(house, steps)
    with contextlib.suppress(Death):
        house.digester.run()
    monkeypatch.undo()
    house = house.reopened()
    house.now += 60_000
    ids += [house.record(region=region) for region in REGIONS]
    house.digester.run()
    house.now += HOUR
    house.digester.run()
    house.digester.close_period()
    assert house.delivered() == sorted(ids)
    check(house)
    house.database.close()


@pytest.mark.parametrize("steps", range(22))
def test_a_final_digest_is_made_once_wherever_the_process_dies(house, mortal, monkeypatch, steps):
    house.default_trail()
    ids = [house.record(region=region) for region in REGIONS]
    house.change("stop")
    mortal(house, steps)
    with contextlib.suppress(Death):
        house.digester.run()
    monkeypatch.undo()
    house = house.reopened()
    house.now += 5 * HOUR
    house.delivery.deliver()
    house.digester.run()
    assert house.digester.run() == []
    assert house.delivered() == sorted(ids)
    assert [len(digests(house, region)) for region in REGIONS] == [2, 2]
    check(house)
    house.database.close()


def test_the_steps_are_fewer_than_the_deaths_tried(house, mortal):
    house.default_trail()
    for region in REGIONS:
        house.record(region=region)
    house.delivery.deliver()
    house.now += HOUR
    for region in REGIONS:
        house.record(region=region)
    mortal = mortal(house, 40)
    house.digester.run()
    assert 16 < 40 - mortal.steps < 40


# Time runs fast: a call every five seconds, and they come as fast as they can.
FAST = (
    PROGRAM.replace("house = House(", "from tests.trail.house import NOW\nhouse = House(")
    .replace(
        "Background([Chore(0.001, house.delivery.deliver)]).start()",
        "house.now = int(sys.argv[3])\n"
        "Background([Chore(0.001, house.delivery.deliver), Chore(0.001, house.digester.run)]).start()\n"
        "house.digester.close_period()",
    )
    .replace(
        "    print(",
        "    house.now += 5_000\n    house.count % 400 or house.digester.close_period()\n    print(house.now, ",
        1,
    )
)


def test_kills_break_no_chain(tmp_path):
    assert FAST.count("house.now") == 3
    now, acknowledged = NOW, []
    for turn in range(3):
        lines = run_and_kill(
            tmp_path, turn * 1_000_000, 0.01 + turn * 0.041, program=FAST, arguments=(str(now),), least=900
        )
        for line in lines:
            instant, event_id = line.split()
            now = max(now, int(instant))
            acknowledged.append(event_id)
        house = House(tmp_path, now)
        check(house, complete=False)
        house.database.close()
    house = House(tmp_path, now, unique=10_000_000, first_key=50)
    house.digester.close_period()
    assert set(acknowledged) <= set(house.delivered())
    assert len(digests(house, REGIONS[0])) > 5
    check(house)
    house.database.close()

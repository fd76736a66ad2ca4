"""Chores in the background, and that this package stands alone."""

import subprocess
import sys
import threading
import time
from pathlib import Path

from trail.background import Background, Chore

ROOT = Path(__file__).parents[2]


def test_chores_are_done_until_the_end(house):
    house.default_trail()
    delivered = threading.Event()

    def deliver():
        if house.delivery.deliver():
            delivered.set()

    background = Background([Chore(0.01, deliver)])
    background.start()
    house.record()
    assert delivered.wait(5)
    background.stop()
    house.record()
    assert len(house.delivered()) == 1


def test_each_chore_has_its_own_interval():
    counts = {"often": 0, "seldom": 0}
    enough = threading.Event()

    def often():
        counts["often"] += 1
        if counts["often"] == 40:
            enough.set()

    def seldom():
        counts["seldom"] += 1

    background = Background([Chore(0.005, often), Chore(0.05, seldom)])
    background.start()
    assert enough.wait(10)
    background.stop()
    assert 3 <= counts["seldom"] <= 5


def test_a_chore_that_fails_is_told_and_tried_again(caplog):
    tries = []
    again = threading.Event()

    def fail():
        tries.append(1)
        if len(tries) == 2:
            again.set()
        raise OSError("No space left on device")

    background = Background([Chore(0.005, fail)])
    background.start()
    assert again.wait(5)
    background.stop()
    assert caplog.text.count("OSError: No space left on device") == 1  # with where it came from, and once


def test_nothing_is_under_way_while_the_chores_pause():
    under_way, go_on, ended = threading.Event(), threading.Event(), []

    def work():
        under_way.set()
        go_on.wait(5)
        ended.append(1)

    background = Background([Chore(0.005, work)])
    background.start()
    assert under_way.wait(5)
    threading.Timer(0.05, go_on.set).start()
    with background.paused():
        done = len(ended)
        assert done
        time.sleep(0.05)
        assert len(ended) == done
    background.stop()


def test_a_background_that_never_began_may_end():
    Background([]).stop()


def test_the_package_stands_alone():
    """Imported whole, it has brought in nothing but the standard library and orjson."""
    program = (
        "import sys, pkgutil, importlib, trail\n"
        "before = set(sys.modules)\n"
        "for found in pkgutil.iter_modules(trail.__path__): importlib.import_module(f'trail.{found.name}')\n"
        "names = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "names = {name for name in names if not name.startswith('_sysconfigdata')}\n"
        "print(sorted(names - set(sys.stdlib_module_names) - {'trail'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['orjson']"

"""A small part of the load test: `python -m studio.load` is the whole of it, with waiting times and memory."""

from studio.load import crowd
from studio.visiting import Served


def test_twenty_people_at_once_are_all_answered_by_one_worker(studio: Served) -> None:
    crowd(studio.address, 1, 0.0, calls=3)
    workers = studio.workers()
    record = crowd(studio.address, 20, 0.0, calls=20)
    assert record.errors == []
    assert len(record.seconds) >= 20
    assert studio.workers() == workers

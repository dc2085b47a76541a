"""The cache keeps what lies around the playhead, within its bytes, from any thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from replay.video.cache import FrameCache


def filled(budget: int, playhead: int, indexes: range) -> FrameCache[str]:
    cache: FrameCache[str] = FrameCache(budget)
    cache.show(playhead)
    for i in indexes:
        cache.put(i, f"picture {i}", 10)
    return cache


def test_over_budget_the_farthest_from_the_playhead_goes_first() -> None:
    cache = filled(50, playhead=10, indexes=range(4, 17))
    assert [i for i in range(30) if i in cache] == [8, 9, 10, 11, 12]
    assert cache.nbytes == 50
    assert cache.get(9) == "picture 9"
    assert cache.get(4) is None


def test_moving_the_playhead_changes_what_is_far() -> None:
    cache = filled(50, playhead=0, indexes=range(5))
    cache.show(4)
    cache.put(6, "picture 6", 10)
    assert 0 not in cache
    assert 6 in cache


def test_what_is_on_the_screen_stays_even_where_it_alone_is_too_large() -> None:
    cache: FrameCache[str] = FrameCache(50)
    cache.show(3)
    cache.put(3, "large", 80)
    cache.put(4, "next", 10)
    assert cache.get(3) == "large"
    assert 4 not in cache


def test_putting_again_does_not_count_twice() -> None:
    cache = filled(100, 0, range(3))
    cache.put(1, "again", 20)
    assert cache.nbytes == 40
    assert len(cache) == 3
    cache.clear()
    assert (cache.nbytes, len(cache)) == (0, 0)


def test_many_threads_keep_the_budget() -> None:
    cache: FrameCache[int] = FrameCache(1000)

    def work(seed: int) -> None:
        for i in range(400):
            cache.put((seed * 37 + i) % 300, i, 10)
            cache.show(i % 300)
            cache.get(i % 300)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert cache.nbytes == 10 * len(cache) <= 1000

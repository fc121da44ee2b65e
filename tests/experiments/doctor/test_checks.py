from volest.experiments.doctor.checks import CHECKS


def test_every_need_is_examined_before():
    titles = [check.title for check in CHECKS]
    assert len(set(titles)) == len(titles)
    assert all(titles.index(need) < n for n, check in enumerate(CHECKS) for need in check.needs)


def test_every_check_is_limited():
    assert all(0 < check.limit_s <= 60 for check in CHECKS)

import pytest

from volest.experiments.doctor import cgroup


@pytest.fixture
def group(tmp_path, monkeypatch):
    """Write a control group's files, and the file that tells which group this process is in."""
    monkeypatch.setattr(cgroup, "ROOT", tmp_path / "root")
    monkeypatch.setattr(cgroup, "OWN", tmp_path / "own")

    def write(own, **files):
        (tmp_path / "own").write_text(own)
        for name, text in files.items():
            path = tmp_path / "root" / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return write


def test_the_tightest_quota_on_the_way_up_holds(group):
    group("0::/a/b\n", a__b__cpu_dot_max="max 100000", a__cpu_dot_max="250000 100000", cpu_dot_max="800000 100000")
    assert cgroup.cpu_quota() == 2.5


def test_no_quota_is_none(group):
    group("0::/\n", cpu_dot_max="max 100000", memory_dot_max="max", memory_dot_current="1")
    assert cgroup.cpu_quota() is None
    assert cgroup.memory_left_bytes() is None


def test_version_1_tells_the_same(group):
    group(
        "4:memory:/x\n3:cpu,cpuacct:/x\n",
        cpu__x__cpu_dot_cfs_quota_us="150000",
        cpu__x__cpu_dot_cfs_period_us="100000",
        memory__x__memory_dot_limit_in_bytes="4000",
        memory__x__memory_dot_usage_in_bytes="1000",
        memory__memory_dot_limit_in_bytes=str(2**63 - 4096),
        memory__memory_dot_usage_in_bytes="9",
    )
    assert cgroup.cpu_quota() == 1.5
    assert cgroup.memory_left_bytes() == 3000


def test_a_group_that_the_container_does_not_see_is_its_root(group):
    group("0::/kubepods/pod1\n", cpu_dot_max="50000 100000")
    assert cgroup.cpu_quota() == 0.5


def test_a_system_without_groups_sets_no_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(cgroup, "OWN", tmp_path / "absent")
    assert (cgroup.cpu_quota(), cgroup.memory_left_bytes()) == (None, None)

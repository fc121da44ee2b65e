import pytest

from volest.errors import RunError
from volest.records.evaluation import Figure
from volest.records.proxy import ProxyValidation, RankAgreement, TwiceTrained, read_proxy, write_proxy

VALIDATION = ProxyValidation(
    verdict="The proxy ranks configurations.",
    can_rank=True,
    agreement=RankAgreement(
        Figure(0.9, 0.6, 1.0), Figure(0.8, None, None), Figure(None, None, None), "trial 0", "trial 1", 0.2, 5.0
    ),
    trained=(TwiceTrained("trial 0", {"training.loss": "l1"}, 5.0, 4.0, 2.0, 20.0),),
    selection_seconds=0.5,
    searched=12,
    speed_up=9.8,
    patients=("a", "b"),
    of_patients=6,
    changes={"model.widths": "[8, 16, 32, 64]"},
)


def test_writing_and_reading_is_the_identity(tmp_path):
    write_proxy(VALIDATION, tmp_path)
    assert read_proxy(tmp_path) == VALIDATION


def test_a_search_without_a_validation_says_how_to_have_one(tmp_path):
    with pytest.raises(RunError, match=r"no proxy was validated\. Run `volest tune --proxy"):
        read_proxy(tmp_path)


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "proxy.json").write_text('{"verdict": 3}')
    with pytest.raises(RunError, match=r"proxy\.json"):
        read_proxy(tmp_path)

import pytest
from pydantic import BaseModel, ValidationError

from volest.errors import RunError
from volest.records.damage import damaged


class _Record(BaseModel):
    shape: int
    spacing_mm: float


@pytest.mark.parametrize(
    "text, words",
    [
        ("{}", "shape: Field required, and 1 more. Copy"),
        ('{"shape": 3, "spacing_mm": "wide"}', "spacing_mm: Input should be a valid number[^;]*. Copy"),
        ('{"shape": 3', "Invalid JSON: .*. Copy"),
    ],
)
def test_a_damaged_record_is_told_in_one_line(tmp_path, text, words):
    with pytest.raises(ValidationError) as caught:
        _Record.model_validate_json(text)
    message = str(damaged(tmp_path / "model.json", caught.value))
    assert "\n" not in message
    assert "https:" not in message
    with pytest.raises(RunError, match=words):
        raise damaged(tmp_path / "model.json", caught.value)

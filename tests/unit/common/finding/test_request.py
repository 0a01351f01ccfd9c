import pytest
from traced_common.finding.request import Request, RequestError


def test_a_request() -> None:
    assert Request.read('{"key": "aw==", "limit": 3}') == Request(key=b"k", limit=3)
    assert Request.read('{"place": [1, 7]}').place == (1, 7)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"key": "!"}', '{"place": [1]}', '{"trace": "t", "seconds": 0}', '{"trace": "t", "limit": 101}',
     '{"trace": "t", "bytes": "many"}', '{"trace": "t", "seconds": NaN}', '{"place": ["a", 1]}'],
)  # fmt: skip
def test_no_request(text: str) -> None:
    with pytest.raises(RequestError, match="no request"):
        Request.read(text)

import bz2
import gzip
import tracemalloc

import numpy as np
import pytest

from volest.errors import ScanError
from volest.images import nrrd_payload
from volest.images.nrrd import read_nrrd

VOXELS = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5, order="F")
RAW = VOXELS.tobytes(order="F")
TEXT = " ".join(map(str, VOXELS.ravel(order="F"))).encode()


@pytest.mark.parametrize(
    ("encoding", "payload"),
    [
        ("raw", RAW),
        ("raw", RAW + b"\r\n"),
        ("gzip", gzip.compress(RAW)),
        ("GZ", gzip.compress(RAW[:7]) + gzip.compress(RAW[7:])),
        ("bzip2", bz2.compress(RAW)),
        ("bz2", bz2.compress(RAW)),
        ("ascii", TEXT),
        ("txt", TEXT.replace(b" ", b"\n") + b"\n"),
        ("text", TEXT.replace(b" ", b",\t")),
        ("hex", RAW.hex().encode()),
        ("hex", RAW.hex(" ", 7).upper().encode() + b"\n"),
    ],
)
def test_every_encoding_holds_the_same_voxels(write_raw, monkeypatch, encoding, payload):
    path = write_raw(payload=payload, encoding=encoding)
    for chunk in (2**20, 7):
        monkeypatch.setattr(nrrd_payload, "_CHUNK_BYTES", chunk)
        voxels = read_nrrd(path).voxels
        np.testing.assert_array_equal(voxels, VOXELS)
        assert voxels.flags.writeable


@pytest.mark.parametrize(
    ("encoding", "payload"),
    [
        ("raw", b"one\ntwo\n..." + RAW),
        ("gzip", b"one\ntwo\n" + gzip.compress(b"..." + RAW)),
        ("bzip2", b"one\ntwo\n" + bz2.compress(b"..." + RAW)),
        ("text", b"one\ntwo\n..." + TEXT),
        ("hex", b"one\ntwo\n..." + RAW.hex().encode()),
    ],
)
def test_lines_are_skipped_before_and_bytes_after_decompression(write_raw, encoding, payload):
    path = write_raw(payload=payload, encoding=encoding, line_skip="2", byte_skip="3")
    np.testing.assert_array_equal(read_nrrd(path).voxels, VOXELS)


@pytest.mark.parametrize(("encoding", "pack"), [("raw", bytes), ("gzip", gzip.compress), ("bzip2", bz2.compress)])
def test_minus_one_skips_whatever_is_before_the_voxels(write_raw, encoding, pack):
    for foreign in (b"", b"a header of 352 bytes"):
        path = write_raw(payload=pack(foreign + RAW), encoding=encoding, byte_skip="-1")
        np.testing.assert_array_equal(read_nrrd(path).voxels, VOXELS)


@pytest.mark.parametrize("encoding", ["raw", "gzip", "hex"])
def test_both_byte_orders_hold_for_every_encoding_of_bytes(write_raw, encoding):
    pack = {"raw": bytes, "gzip": gzip.compress, "hex": lambda content: content.hex().encode()}[encoding]
    numbers = VOXELS.astype(np.int64) * -(10**16)
    for order, code in (("little", "<"), ("big", ">")):
        payload = pack(numbers.astype(code + "i8").tobytes(order="F"))
        voxels = read_nrrd(write_raw(payload=payload, encoding=encoding, type="longlong", endian=order)).voxels
        np.testing.assert_array_equal(voxels, numbers)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("double", "1.5 -2e-3 nan -inf 7"),
        ("longlong", f"{2**63 - 1} {-(2**63)} 0 1 2"),
        ("ulonglong", f"{2**64 - 1} 0 1 2 3"),
    ],
)
def test_text_keeps_every_digit(write_raw, name, words):
    dtype = {"double": np.float64, "longlong": np.int64, "ulonglong": np.uint64}[name]
    voxels = read_nrrd(write_raw(payload=words.encode(), encoding="text", type=name, sizes="1 1 5")).voxels
    expected = [float(word) for word in words.split()] if name == "double" else [int(word) for word in words.split()]
    np.testing.assert_array_equal(voxels.ravel(), np.array(expected, dtype))


@pytest.mark.parametrize(
    ("encoding", "payload"),
    [
        ("raw", RAW[:-1]),
        ("gzip", gzip.compress(RAW[:-1])),
        ("gzip", gzip.compress(RAW)[:-9]),
        ("bzip2", bz2.compress(RAW[:-1])),
        ("bzip2", bz2.compress(RAW)[:-9]),
        ("text", TEXT[:-3]),
        ("hex", RAW[:-1].hex().encode()),
        ("hex", RAW.hex()[:-1].encode()),
    ],
)
def test_fewer_voxels_than_the_header_asks_for_are_a_damaged_file(write_raw, encoding, payload):
    with pytest.raises(ScanError, match="truncated, damaged"):
        read_nrrd(write_raw(payload=payload, encoding=encoding))


@pytest.mark.parametrize(
    ("encoding", "payload"),
    [
        ("raw", RAW + b"x"),
        ("gzip", gzip.compress(RAW + b"x")),
        ("bzip2", bz2.compress(RAW + b"x")),
        ("text", TEXT + b" 7"),
        ("hex", RAW.hex().encode() + b"00"),
    ],
)
def test_more_voxels_than_the_header_asks_for_mean_that_it_is_wrong(write_raw, encoding, payload):
    with pytest.raises(ScanError, match="and more follow, so that its sizes or skips are wrong"):
        read_nrrd(write_raw(payload=payload, encoding=encoding))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"byte_skip": "-2"}, "skips 0 lines and -2 bytes"),
        ({"line_skip": "-1"}, "skips -1 lines"),
        ({"byte_skip": "-1", "encoding": "text"}, "skips 0 lines and -1 bytes"),
        ({"byte_skip": "9" * 18}, "truncated"),
        ({"byte_skip": "9" * 18, "encoding": "text"}, "bytes that its header skips"),
        ({"byte_skip": "9" * 18, "encoding": "gzip"}, "of a compressed file"),
        ({"line_skip": "9" * 18}, "lines before its voxels begin"),
        ({"line_skip": "9" * 5000}, "expected whole numbers"),
        ({"byte_skip": "three"}, "expected whole numbers"),
        ({"encoding": "text", "payload": b"300 " * 60}, "voxels from 300 to 300, which its type uint8 cannot"),
        ({"encoding": "text", "payload": b"1_0 " * 60}, "no numbers parted by spaces"),
        ({"encoding": "text", "payload": b"1.5 " * 60}, "invalid literal"),
        ({"encoding": "text", "payload": b"9" * 2**22}, "no numbers parted by spaces"),
        ({"encoding": "gzip", "payload": gzip.compress(RAW)[:-8] + bytes(8)}, "CRC check failed"),
    ],
)
def test_skips_and_numbers_that_cannot_be_are_refused(write_raw, changes, message):
    with pytest.raises(ScanError, match=message):
        read_nrrd(write_raw(**changes))


@pytest.mark.parametrize(
    ("encoding", "payload"),
    [
        ("gzip", gzip.compress(bytes(50 * 10**6))),
        ("bzip2", bz2.compress(bytes(50 * 10**6))),
        ("text", b"1 " * 5 * 10**6),
        ("hex", b"00" * 10**7),
    ],
)
def test_a_bomb_is_left_alone_once_it_exceeds_what_the_header_asks_for(write_raw, encoding, payload):
    path = write_raw(payload=payload, encoding=encoding)
    tracemalloc.start()
    with pytest.raises(ScanError, match="and more follow"):
        read_nrrd(path)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 60 * 2**20 if encoding == "text" else peak_bytes < 10 * 2**20


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "text", "hex"])
def test_memory_grows_with_the_file_and_not_with_its_claim(write_raw, encoding):
    pack = {"gzip": gzip.compress, "bzip2": bz2.compress}.get(encoding, bytes)
    path = write_raw(payload=pack(b"11 " * 20), encoding=encoding, sizes="600 600 600")
    tracemalloc.start()
    with pytest.raises(ScanError, match="truncated, damaged"):
        read_nrrd(path)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 16 * 2**20

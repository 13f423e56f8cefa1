"""Messages survive the line, and garbage between them costs none of them; C and Python agree on every byte."""

import ctypes

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_siamese_firmware.protocol.framing import FrameReader, encode_frame
from edge_siamese_firmware.protocol.kinds import MAX_PAYLOAD

from ..runtime_c.engine_twin import EngineTwin

_PAYLOADS = (
    st.binary(max_size=MAX_PAYLOAD) | st.integers(0, MAX_PAYLOAD).map(lambda n: bytes([7]) * n) | st.just(bytes(200))
)
_MESSAGES = st.lists(st.tuples(st.integers(0, 255), st.integers(0, 65535), _PAYLOADS), max_size=5)
_GARBAGE = st.binary(max_size=30) | st.just(b"") | st.just(b"\x05" * 900)


def _received_in_c(twin: EngineTwin, data: bytes) -> tuple[list[tuple[int, int, bytes]], int]:
    found, rejected = ctypes.create_string_buffer(max(4 * len(data), 64)), ctypes.c_uint32()
    size = twin.library.twin_receive(data, len(data), found, ctypes.byref(rejected))
    messages, at = [], 0
    while at < size:
        length = int.from_bytes(found.raw[at : at + 2], "little")
        body = found.raw[at + 2 : at + 2 + length]
        messages.append((body[1], int.from_bytes(body[2:4], "little"), body[4:]))
        at += 2 + length
    return messages, rejected.value


@given(_MESSAGES)
def test_messages_arrive(messages: list[tuple[int, int, bytes]]) -> None:
    line = b"".join(encode_frame(*message) for message in messages)
    reader = FrameReader()
    assert list(reader.feed(line)) == messages
    assert reader.rejected == 0
    slow = FrameReader()
    assert [found for byte in line for found in slow.feed(bytes([byte]))] == messages


@given(_MESSAGES, st.lists(_GARBAGE, min_size=6, max_size=6))
def test_garbage_between_messages_costs_none(messages: list[tuple[int, int, bytes]], garbage: list[bytes]) -> None:
    line = b"".join(noise + encode_frame(*message) for noise, message in zip(garbage, messages, strict=False))
    assert list(FrameReader().feed(line + garbage[-1])) == messages


@given(_PAYLOADS, st.integers(0, 5000), st.integers(1, 255))
def test_a_damaged_message_is_rejected(payload: bytes, at: int, flip: int) -> None:
    line = bytearray(encode_frame(4, 9, payload))
    line[at % len(line)] ^= flip
    reader = FrameReader()
    assert list(reader.feed(bytes(line) + b"\0")) in ([], [(4, 9, payload)])
    assert list(reader.feed(encode_frame(5, 10, b"next"))) == [(5, 10, b"next")]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 255), st.integers(0, 65535), _PAYLOADS)
def test_c_writes_the_same_bytes(engine_twin: EngineTwin, kind: int, number: int, payload: bytes) -> None:
    to = ctypes.create_string_buffer(1024)
    size = engine_twin.library.twin_encode(kind, number, payload, len(payload), to)
    assert to.raw[:size] == encode_frame(kind, number, payload)


@settings(max_examples=300, deadline=None)
@given(_MESSAGES, st.lists(_GARBAGE, min_size=6, max_size=6), st.integers(0, 5000), st.integers(0, 255))
def test_c_reads_the_same_messages(
    engine_twin: EngineTwin, messages: list[tuple[int, int, bytes]], garbage: list[bytes], at: int, flip: int
) -> None:
    line = bytearray(
        b"".join(noise + encode_frame(*each) for noise, each in zip(garbage, messages, strict=False)) + garbage[-1]
    )
    if line:
        line[at % len(line)] ^= flip
    reader = FrameReader()
    expected = list(reader.feed(bytes(line)))
    found, rejected = _received_in_c(engine_twin, bytes(line))
    assert found == expected
    assert rejected == reader.rejected

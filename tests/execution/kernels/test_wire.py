"""Messages come out of a wire as they went in, or not at all."""

from hypothesis import given
from hypothesis import strategies as st

from grader.execution.kernels import line, wire

# Around the places where one more packet is needed.
sizes = st.sampled_from([0, 1, wire.PACKET - 1, wire.PACKET, wire.PACKET + 1, 3 * wire.PACKET])
messages = st.builds(lambda byte, size: bytes([byte]) * size, st.integers(0, 255), sizes)


def taken(packets: list[bytes]) -> list[bytes]:
    inbox = wire.Inbox()
    return [whole for packet in packets if (whole := inbox.take(packet)) is not None]


@given(st.lists(messages, max_size=5))
def test_every_message_comes_out_whole_and_in_order(sent: list[bytes]) -> None:
    assert taken([packet for message in sent for packet in wire.packets(message)]) == sent


@given(messages, messages)
def test_one_that_breaks_off_takes_no_other_with_it(broken: bytes, whole: bytes) -> None:
    begun = list(wire.packets(broken))[:-1]
    assert taken([*begun, *wire.packets(whole)]) == [whole]


@given(messages, messages)
def test_one_whose_beginning_is_missing_is_passed_over(broken: bytes, whole: bytes) -> None:
    rest = list(wire.packets(broken))[1:]
    assert taken([*rest, *wire.packets(whole)]) == [whole]


def test_one_that_is_too_large_is_passed_over() -> None:
    large = bytes(wire.LARGEST + 1)
    assert taken([*wire.packets(large), *wire.packets(b"small")]) == [b"small"]


def test_a_packet_fits_into_the_socket() -> None:
    ours, theirs = line.pair()
    with ours, theirs:
        for packet in wire.packets(bytes(2 * wire.PACKET)):
            assert ours.send(packet) == len(packet)
            assert theirs.recv(wire.PACKET + 1) == packet

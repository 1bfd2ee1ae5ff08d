"""The benchmark harness counts rightly: what it says of a run follows from what the run has met."""

import xml.etree.ElementTree as ET

import pytest
from bench.figures import Goal, Spread, percentile, ratios, short
from bench.goals import reached
from bench.load import Answer, begin, split
from bench.peers import peers, person
from bench.plots import Bar, drawn, position
from bench.processes import grown
from bench.run import Run
from bench.wrk import read

WRK = """
  Latency Distribution
     50%  300.00us
     75%    1.10ms
     99%    1.24s
  46661 requests in 1.00s, 6.00MB read
  Socket errors: connect 0, read 2, write 0, timeout 1
  Non-2xx or 3xx responses: 4
Requests/sec:  46660.15
"""


def test_a_percentile_is_a_value_that_was_met():
    """The nearest rank: of a hundred values the 99th, of one the one; of none, none is made up."""
    assert percentile(range(1, 101), 0.99) == 99
    assert percentile([7], 0.99) == 7
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_ratios_stay_within_their_round():
    """A round in which all were twice as fast changes no ratio; rounds that do not match are refused."""
    assert ratios([10, 20], [5, 10]) == [2, 2]
    with pytest.raises(ValueError, match="shorter"):
        ratios([10, 20], [5])


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.01234, "0.0123"), (1.5, "1.50"), (987.6, "988"), (12345.6, "12 346")]
)
def test_figures_have_three_digits(value, text):
    """Small ones keep three digits, and large ones are not made to look exact."""
    assert short(value) == text


@pytest.mark.parametrize(("value", "verdict"), [(0.98, "aim"), (0.95, "must"), (0.949, "missed")])
def test_a_verdict_is_that_of_the_median(value, verdict):
    """What must be at least so much, is reached at exactly so much."""
    goal = Goal(1, "what", 0.95, 0.97, is_least=True)

    assert goal.verdict(Spread.of([0.1, value, 1.0])) == verdict


def test_least_and_most_are_told_apart():
    """A goal that is a most counts downwards; one that nobody measured is not reached."""
    goal = Goal(7, "what", 4, None, is_least=False)

    assert [goal.verdict(Spread.of([value])) for value in (4, 4.1)] == ["must", "missed"]
    assert goal.verdict(None) == "not measured"


def test_a_new_process_counts_from_nothing_and_a_gone_one_not_at_all():
    """Clocks of processes are compared one by one."""
    assert grown({1: 5.0, 2: 1.0}, {1: 6.0, 3: 0.5}) == 1.5


def test_answers_are_read_whole():
    """By length or in chunks; half an answer is none."""
    plain = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    chunked = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"

    assert split(plain)[::2] == (200, b"ok")
    assert split(chunked)[::2] == (201, b"abcde")
    assert [split(part) for part in (plain[:-1], plain[:20], chunked[:-1])] == [None, None, None]


def test_a_late_question_is_timed_from_when_it_was_due():
    """So waiting counts; one that a timer let go too early is no quicker for that."""
    assert begin(due=10.0, now=10.5) == 10.0
    assert begin(due=10.0, now=9.999) == 9.999


def test_wrk_is_understood():
    """Units are made milliseconds, and every kind of failure is counted."""
    met = read(WRK)

    assert (met.rate, met.p50, met.p99, met.answered, met.failed) == (46660.15, 0.3, 1240.0, 46661, 7)


def test_plots_are_well_formed_and_to_scale():
    """Labels are escaped; a bar of half the most is half as long, and on a logarithmic axis each ten is a step."""
    text = drawn("a < b", [Bar("Doorward & co", Spread.of([50.0])), Bar("bare", Spread.of([100.0]))])
    widths = [float(one.get("width")) for one in ET.fromstring(text).iter("{http://www.w3.org/2000/svg}rect")]

    assert widths[0] * 2 == pytest.approx(widths[1])
    assert position(10, 1, 100, is_log=True) == pytest.approx(0.5)


def test_a_run_without_peers_judges_what_it_has():
    """Goals that need a peer are not measured; the others are worked out of the rows."""
    run = Run(place=None, rounds=1, pace=1.0)
    run.add("checks", "bare ASGI hello", "16", 0, server_cpu_us=20.0)
    run.add("checks", "Doorward, cache, PostgreSQL", "16", 0, server_cpu_us=30.0, rate=20_000.0)

    verdicts = {one.goal.number: one.verdict for one in reached(run)}

    assert (verdicts[4], verdicts[5], verdicts[1]) == ("must", "not measured", "not measured")


@pytest.mark.parametrize("peer", peers(), ids=lambda peer: peer.name)
def test_a_peer_says_all_that_is_needed(peer):
    """Its requests can be built for each variant, and what was switched off is said."""
    for variant in peer.variants:
        values = {"variant": variant["name"], "port": "1", **person(0, "secret & word")}
        built = [peer.ask(what, **values, token="t") for what in ("sign_up", "sign_in", "check")]

        assert all(b"{variant}" not in one and b"{email" not in one for one in built)
    assert peer.said["off"]


def test_tokens_are_found_where_a_peer_says():
    """In a member of the answer, or in its cookies without their attributes."""
    by_name = {peer.name: peer for peer in peers()}
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2; HttpOnly"

    assert by_name["better_auth"].token(Answer(200, head, b"{}", 0.0)) == "a=1; b=2"
    assert by_name["allauth"].token(Answer(200, b"", b'{"meta": {"session_token": "t"}}', 0.0)) == "t"

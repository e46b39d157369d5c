"""`stormwatch answer` as operators see it: ready once the topics are read, with metrics."""

import base64

import pytest
from commands import Stormwatch
from served import Served

KEY = "whsec_" + base64.b64encode(b"a key of links that nobody can guess").decode()


@pytest.mark.usefixtures("fresh_topics")
def test_the_answering_service_says_that_it_is_ready_on_a_port_of_its_own(
    stormwatch: Stormwatch,
) -> None:
    serving = Served(
        stormwatch,
        "answer",
        STORMWATCH_ANSWER_URL="https://answer.example",
        STORMWATCH_ANSWER_KEYS=KEY,
        STORMWATCH_ANSWER_PORT="0",
    )
    serving.wait_until_ready()
    samples = serving.samples()

    assert samples["stormwatch_ready",] == 1.0
    assert samples["stormwatch_healthy",] == 1.0
    assert samples["stormwatch_answers_total", "written"] == 0.0
    assert serving.ask("/healthz")[0] == 200
    assert serving.ask("/a/some-token")[0] == 404  # links are no matter of this port
    assert stormwatch.end(serving.process) == 0

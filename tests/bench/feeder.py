"""A process that writes readings at a steady rate, as gateways do: each sent when it is made.

At its end it prints how many it has sent, each of them once.

python -m bench.feeder BOOTSTRAP LOAD RECORDS_A_SECOND SECONDS PATIENTS
"""

import asyncio
import sys
import time
from collections import deque
from typing import Any

import uvloop
from aiokafka import AIOKafkaProducer
from bench.load import reading, stream_of

STEP_S = 0.001


async def feed(bootstrap: str, load: str, per_s: int, seconds: float, patients: int) -> int:
    """Write so many records a second, and return how many; what is late is written at once."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    began_s, number = time.perf_counter(), 0
    sent: deque[asyncio.Future[Any]] = deque()
    while number < per_s * seconds:
        due = min(per_s * seconds, per_s * (time.perf_counter() - began_s))
        while number < due:
            topic, key = f"{load}.{stream_of(number)}", b"p%d" % (number % patients)
            sent.append(await producer.send(topic, reading(number), key))
            number += 1
        forget_confirmed(sent)
        await asyncio.sleep(STEP_S)
    await asyncio.gather(*sent)
    await producer.stop()
    return number


def forget_confirmed(sent: "deque[asyncio.Future[Any]]") -> None:
    """Keep only what is under way; raise if one was refused: no contender can tell of it."""
    while sent and sent[0].done():
        sent.popleft().result()


if __name__ == "__main__":
    uvloop.install()
    told = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
    print(asyncio.run(feed(*told)))

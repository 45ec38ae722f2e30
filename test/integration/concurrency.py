"""Run by emulator.test.ts: many threads at once on one queue and one stream of the emulator, switching as often as they can.

Prints what was kept: {"records": n, "messages": n}.
"""

import json
import sys
from threading import Thread

sys.path.insert(0, "local/emulator")

import patches.concurrency  # noqa: E402
from moto.kinesis.models import Shard  # noqa: E402
from moto.sqs.models import sqs_backends  # noqa: E402

THREADS = 8
EACH = 100

patches.concurrency.apply()
sys.setswitchinterval(1e-6)

shard = Shard(0, 0, 2**128 - 1)
backend = sqs_backends["111111111111"]["us-east-1"]
backend.create_queue("queue", tags={})
received: set[str] = set()


def put_and_send(thread: int) -> None:
    for n in range(EACH):
        shard.put_record("key", "", "")
        backend.send_message("queue", f"{thread}-{n}")


def receive_and_delete() -> None:
    for _ in range(2 * EACH):
        for message in backend.receive_message("queue", 10, 0, 30):
            received.add(message.body)
            backend.delete_message("queue", message.receipt_handle)


threads = [Thread(target=put_and_send, args=(n,)) for n in range(THREADS)]
threads += [Thread(target=receive_and_delete) for _ in range(THREADS // 2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
while messages := backend.receive_message("queue", 10, 0, 30):
    received.update(message.body for message in messages)
print(json.dumps({"records": len(shard.records), "messages": len(received)}))

"""SQS: what makes moto's queues slow, a few messages a second, once a thousand messages wait."""

import time

from moto.sqs import models


def apply() -> None:
    look_up_retention_cheaply()
    read_clock_cheaply()


def look_up_retention_cheaply() -> None:
    """moto works out all attributes of the queue, counting its messages, for every message that is received."""

    def is_valid(backend: models.SQSBackend, queue_name: str, message: models.Message) -> bool:
        return message.sent_timestamp / 1000 + int(backend.get_queue(queue_name).message_retention_period) > time.time()

    models.SQSBackend.is_message_valid_based_on_retention_period = is_valid


def read_clock_cheaply() -> None:
    """moto makes two dates to learn the time, for every message of the queue, several times in every request."""
    models.unix_time = time.time
    models.unix_time_millis = lambda: time.time() * 1000

"""moto's server answers every request in a thread of its own, but its models are not made for that: a message sent while another one is
deleted is lost, two records put at once get the same sequence number and one is lost, and of two conditional writes both may succeed.
"""

import time
from threading import RLock

from moto.dynamodb.models import DynamoDBBackend
from moto.kinesis.models import Shard
from moto.s3.responses import S3Response
from moto.sqs.models import Queue, SQSBackend

from .tools import one_at_a_time

LONGEST_WAIT_S = 1

kinesis = RLock()
sqs = RLock()
s3 = RLock()
dynamodb = RLock()


def apply() -> None:
    one_at_a_time(kinesis, Shard, "put_record", "get_records", "get_sequence_number_at")
    one_at_a_time(s3, S3Response, "put_object")
    one_at_a_time(dynamodb, DynamoDBBackend, "put_item", "update_item", "delete_item", "transact_write_items")
    one_at_a_time(sqs, SQSBackend, "change_message_visibility", "purge_queue")
    one_at_a_time(sqs, Queue, "add_message", "delete_message")
    wait_for_messages_without_lock()


def wait_for_messages_without_lock() -> None:
    """ReceiveMessage takes its messages under the lock, but a long poll must not keep the senders out."""
    receive_now = SQSBackend.receive_message

    def receive_message(backend, queue_name, count, wait_seconds_timeout, visibility_timeout, message_attribute_names=None):
        deadline = time.monotonic() + wait_seconds_timeout
        queue = backend.get_queue(queue_name)
        while True:
            with sqs:
                messages = receive_now(backend, queue_name, count, 0, visibility_timeout, message_attribute_names)
            remaining = deadline - time.monotonic()
            if messages or remaining <= 0:
                return messages
            queue.wait_for_messages(min(remaining, LONGEST_WAIT_S))

    SQSBackend.receive_message = receive_message

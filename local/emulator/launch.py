"""moto's server (https://docs.getmoto.org/en/latest/docs/server_mode.html) with what `serverless deploy` of this project needs on top.

usage: launch.py -H 127.0.0.1 -p PORT
LAMBDA_HOST in the environment is the address of the local Lambda host, which runs the deployed functions.
"""

import logging
import sys
import warnings

import patches.accounts
import patches.cloudformation
import patches.concurrency
import patches.dynamodb
import patches.events
import patches.kms
import patches.lambdas
import patches.logs
import patches.onboard
import patches.release
import patches.outage
import patches.s3
import patches.sns
import patches.sqs
import patches.storage

MODULES = (
    patches.accounts,
    patches.cloudformation,
    patches.concurrency,
    patches.dynamodb,
    patches.events,
    patches.kms,
    patches.lambdas,
    patches.logs,
    patches.onboard,
    patches.release,
    patches.outage,
    patches.s3,
    patches.sns,
    patches.sqs,
    patches.storage,
)

if __name__ == "__main__":
    for module in MODULES:
        module.apply()
    # Otherwise a line per request, and several per resource of a type that moto passes over, would be most of the log.
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    logging.getLogger("moto").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="Tried to parse")

    from moto.server import main

    main(sys.argv[1:])

#!/usr/bin/env python3
"""Passes an engine's KV events on to the router, message by message, but never says that the cache was cleared: an engine
that drops its cache and keeps quiet about it. Sequence numbers stay as they are.

    event_relay.py tcp://127.0.0.1:5557          prints the address that engines connect to
"""
import sys

import msgpack
import zmq


def is_clear(event) -> bool:
    return (event.get("type") if isinstance(event, dict) else event[0]) == "AllBlocksCleared"


def main(router: str) -> None:
    context = zmq.Context()
    engines = context.socket(zmq.SUB)
    engines.setsockopt(zmq.RCVHWM, 0)
    engines.subscribe(b"")
    port = engines.bind_to_random_port("tcp://127.0.0.1")
    to_router = context.socket(zmq.PUB)
    to_router.setsockopt(zmq.SNDHWM, 0)
    to_router.connect(router)
    print(f"tcp://127.0.0.1:{port}", flush=True)
    while True:
        topic, sequence, payload = engines.recv_multipart()
        batch = msgpack.unpackb(payload, strict_map_key=False)
        events = batch["events"] if isinstance(batch, dict) else batch[1]
        if any(is_clear(event) for event in events):
            events[:] = [event for event in events if not is_clear(event)]
            payload = msgpack.packb(batch)
        to_router.send_multipart([topic, sequence, payload])


if __name__ == "__main__":
    main(sys.argv[1])

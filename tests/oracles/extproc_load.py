#!/usr/bin/python3
"""A data plane that asks several routers in turn over ext_proc, so often a second, whatever becomes of the answers: python3-grpcio.

usage: extproc_load.py STUBS     (a folder of Python modules that protoc generated from the project's .proto files)

The first line says what to do: {"routers": ["ip:port", ..], "rate": streams a second, "path": "/v1/completions", "bodies": [text, ..]}.
From then on streams are opened, the routers in turn, a random body each. A stream whose router cannot be reached, or ends it before it
has answered, is a failure, and the request is asked of the next router at once.

A further line {"rate": streams a second} changes how often; 0 stops it for a while. A line {"take": true} is answered by the streams that ended since the last one:
  [[began, ended (Unix time), router, body, gRPC code, "ip:port" | null, status, details], ..]
status is 200, or that of a refusal; the end of the input ends it.
"""
import concurrent.futures
import json
import queue
import random
import sys
import threading
import time

sys.path.insert(0, sys.argv[1])

import grpc
from envoy.service.ext_proc.v3 import external_processor_pb2 as ext_proc

PROCESS = "/envoy.service.ext_proc.v3.ExternalProcessor/Process"
DESTINATION = "x-gateway-destination-endpoint"
DEADLINE = 20
# The second is how long a connection may take to come about.
RECONNECT = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.min_reconnect_backoff_ms", 3000), ("grpc.max_reconnect_backoff_ms", 200)]


class Load:
    def __init__(self, order):
        self.order = order
        self.channels = [grpc.insecure_channel(router, RECONNECT + [("grpc.use_local_subchannel_pool", 1)]) for router in order["routers"]]
        self.calls = [channel.stream_stream(
            PROCESS, request_serializer=ext_proc.ProcessingRequest.SerializeToString,
            response_deserializer=ext_proc.ProcessingResponse.FromString) for channel in self.channels]
        self.bodies = [body.encode() for body in order["bodies"]]
        self.lock = threading.Lock()
        self.ended = []

    def run(self):
        rng, number = random.Random(1), 0
        pool = concurrent.futures.ThreadPoolExecutor(600)
        due = time.monotonic()
        while True:
            rate = self.order["rate"]
            if not rate:
                time.sleep(0.05)
                due = time.monotonic()
                continue
            time.sleep(max(0, due - time.monotonic()))
            pool.submit(self.ask, number, rng.randrange(len(self.bodies)))
            number += 1
            due += 1 / rate

    def ask(self, number, body):
        for attempt in range(len(self.calls)):
            router = (number + attempt) % len(self.calls)
            began = time.time()
            code, destination, status, details = self.stream(router, f"load-{number}-{attempt}", body)
            with self.lock:
                self.ended.append([began, time.time(), router, body, code, destination, status, details])
            if code == 0:
                return

    def stream(self, router, request_id, body):
        outgoing = queue.SimpleQueue()
        headers = ext_proc.ProcessingRequest()
        for key, value in ((":method", "POST"), (":path", self.order["path"]), ("content-type", "application/json"), ("x-request-id", request_id)):
            headers.request_headers.headers.headers.add(key=key, raw_value=value.encode())
        outgoing.put(headers)
        outgoing.put(ext_proc.ProcessingRequest(request_body=ext_proc.HttpBody(body=self.bodies[body], end_of_stream=True)))
        call = self.calls[router](iter(outgoing.get, None), timeout=DEADLINE)
        destination, status = None, 200
        try:
            for answer in call:
                if answer.HasField("immediate_response"):
                    status = answer.immediate_response.status.code
                for option in answer.request_headers.response.header_mutation.set_headers:
                    if option.header.key == DESTINATION:
                        destination = option.header.raw_value.decode()
                if destination or status != 200:
                    # The HTTP request has ended: nothing more is asked, and the router ends the stream.
                    outgoing.put(None)
        except grpc.RpcError:
            pass
        finally:
            outgoing.put(None)
        return call.code().value[0], destination, status, call.details() or ""

    def take(self):
        with self.lock:
            ended, self.ended = self.ended, []
        return ended


def main():
    load = Load(json.loads(sys.stdin.readline()))
    threading.Thread(target=load.run, daemon=True).start()
    for line in sys.stdin:
        order = json.loads(line)
        if "rate" in order:
            load.order["rate"] = order["rate"]
        else:
            print(json.dumps(load.take()), flush=True)


main()

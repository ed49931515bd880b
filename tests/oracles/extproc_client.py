#!/usr/bin/python3
"""An ext_proc data plane made of python3-grpcio: plays scripted conversations, one JSON command per input line,
one JSON result per output line. extproc_client.cjs understands the same commands.

usage: extproc_client.py STUBS ADDRESS [CA.pem]

STUBS is a folder of Python modules that protoc generated from the project's .proto files. With CA.pem the channel is
TLS, the certificate checked for the name "localhost".

commands (field "op"):
  process   {"steps": [...]}: one stream. A step is {"send": ProcessingRequest as JSON}, {"body": {"length", "piece",
            "end"}} (a generated request body in pieces), {"receive": n} (wait for n more answers), {"cancel": true},
            {"pause": true} (print {"paused": true}, go on at the next input line),
            {"stay": true} (do not half-close after the last step: wait for the server to end the stream).
            -> {"responses": [...], "code", "details", "echo": {"length", "sha256", "largest", "pieces"}}
  many      {"streams": n, "steps": [...]}: n streams at once -> {"results": [as of process]}
  raw       {"path", "messages": [base64]}: messages as they are -> {"code", "details", "responses": n}
  check     {"service"} -> {"code", "details", "status"}
  watch     {"service", "count"} -> one line {"status"} for every change, count of them; where the call ends before,
            a line {"code", "details"}
"""
import base64
import concurrent.futures
import hashlib
import json
import queue
import sys

sys.path.insert(0, sys.argv[1])

import grpc
from google.protobuf import json_format
from envoy.service.ext_proc.v3 import external_processor_pb2 as ext_proc
import health_pb2 as health

PROCESS = "/envoy.service.ext_proc.v3.ExternalProcessor/Process"
DEADLINE = 60


def generated(length):
    """A body whose pieces cannot be swapped unnoticed: its period, 251, divides no piece's length."""
    return (bytes(range(251)) * (length // 251 + 1))[:length]


def messages(step):
    if "send" in step:
        yield json_format.ParseDict(step["send"], ext_proc.ProcessingRequest())
    if "body" in step:
        spec = step["body"]
        body = generated(spec["length"])
        for at in range(0, len(body), spec["piece"]):
            end = spec["end"] and at + spec["piece"] >= len(body)
            yield ext_proc.ProcessingRequest(request_body=ext_proc.HttpBody(body=body[at:at + spec["piece"]], end_of_stream=end))


class Echo:
    """What came back of the request's body."""

    def __init__(self):
        self.digest, self.length, self.largest, self.pieces = hashlib.sha256(), 0, 0, 0

    def take(self, response):
        if not response.request_body.response.body_mutation.HasField("streamed_response"):
            return
        piece = response.request_body.response.body_mutation.streamed_response
        self.digest.update(piece.body)
        self.length += len(piece.body)
        self.largest = max(self.largest, len(piece.body))
        self.pieces += 1
        if len(piece.body) > 256:
            piece.body = b""

    def result(self):
        return {"length": self.length, "sha256": self.digest.hexdigest(), "largest": self.largest, "pieces": self.pieces}


def process(channel, steps):
    outgoing = queue.Queue()
    call = channel.stream_stream(
        PROCESS, request_serializer=ext_proc.ProcessingRequest.SerializeToString,
        response_deserializer=ext_proc.ProcessingResponse.FromString)(iter(outgoing.get, None), timeout=DEADLINE)
    responses, echo = [], Echo()

    def receive():
        response = next(call)
        echo.take(response)
        responses.append(json_format.MessageToDict(response, preserving_proto_field_name=True))

    try:
        stay = False
        for step in steps:
            for message in messages(step):
                outgoing.put(message)
            for _ in range(step.get("receive", 0)):
                receive()
            if "pause" in step:
                say({"paused": True})
                sys.stdin.readline()
            if "cancel" in step:
                call.cancel()
            stay = stay or "stay" in step
        if not stay:
            outgoing.put(None)
        while True:
            receive()
    except StopIteration:
        pass
    except grpc.RpcError:
        pass
    outgoing.put(None)
    return {"responses": responses, "code": call.code().value[0], "details": call.details() or "", "echo": echo.result()}


def many(channel, command):
    with concurrent.futures.ThreadPoolExecutor(command["streams"]) as pool:
        calls = [pool.submit(process, channel, command["steps"]) for _ in range(command["streams"])]
        return {"results": [call.result() for call in calls]}


def raw(channel, command):
    payloads = [base64.b64decode(message) for message in command["messages"]]
    call = channel.stream_stream(command["path"])(iter(payloads), timeout=DEADLINE)
    count = 0
    try:
        for _ in call:
            count += 1
    except grpc.RpcError:
        pass
    return {"responses": count, "code": call.code().value[0], "details": call.details() or ""}


def check(channel, command):
    method = channel.unary_unary("/grpc.health.v1.Health/Check", request_serializer=health.HealthCheckRequest.SerializeToString,
                                 response_deserializer=health.HealthCheckResponse.FromString)
    try:
        answer = method(health.HealthCheckRequest(service=command["service"]), timeout=DEADLINE)
        return {"code": 0, "details": "", "status": health.HealthCheckResponse.ServingStatus.Name(answer.status)}
    except grpc.RpcError as error:
        return {"code": error.code().value[0], "details": error.details(), "status": None}


def watch(channel, command):
    call = channel.unary_stream("/grpc.health.v1.Health/Watch", request_serializer=health.HealthCheckRequest.SerializeToString,
                                response_deserializer=health.HealthCheckResponse.FromString)(
                                    health.HealthCheckRequest(service=command["service"]), timeout=DEADLINE)
    try:
        for _ in range(command["count"]):
            say({"status": health.HealthCheckResponse.ServingStatus.Name(next(call).status)})
        call.cancel()
    except grpc.RpcError as error:
        say({"code": error.code().value[0], "details": error.details()})


def say(result):
    print(json.dumps(result), flush=True)


def main():
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    if len(sys.argv) > 3:
        with open(sys.argv[3], "rb") as file:
            credentials = grpc.ssl_channel_credentials(file.read())
        channel = grpc.secure_channel(sys.argv[2], credentials, options + [("grpc.ssl_target_name_override", "localhost")])
    else:
        channel = grpc.insecure_channel(sys.argv[2], options)
    for line in sys.stdin:
        command = json.loads(line)
        if command["op"] == "process":
            say(process(channel, command["steps"]))
        elif command["op"] == "watch":
            watch(channel, command)
        else:
            say({"many": many, "raw": raw, "check": check}[command["op"]](channel, command))


main()

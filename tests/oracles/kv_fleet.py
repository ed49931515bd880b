#!/usr/bin/env python3
"""A fleet of simulated engine caches behind stdin and stdout, with their own hashes and what they hold in truth.

The first line describes the engines: [{algo, seed | null, none: "random" | null, block_size, blocks, schema}, ...].
Then one JSON object a line:
  {"engine":i,"tokens":[..],"lora":null,"salt":null}  -> {"payload":hex}    the batch that the engine publishes, "" for none
  {"engine":i,"clear":true}                           -> {"payload":hex}
  {"engine":i,"restart":{...description}}             -> {"payload":""}     an empty cache, under other flags
  {"engine":i,"held":[[tokens,lora,salt],..]}         -> [n, ..]            leading full blocks that it holds of each
"""
import json
import os
import sys
import time

import engine_publisher as publisher
import vllm_hash as oracle


class Engine:
    def __init__(self, d):
        self.schema = d.get("schema", "v0.26.0")
        root = os.urandom(32) if d.get("none") == "random" else None
        self.sim = publisher.KvSim(d["blocks"], d["algo"], d["seed"], d["block_size"], "v0.19", root)
        self.chain = lambda request: oracle.chain(d["algo"], d["seed"], d["block_size"], request, none=root)

    def held(self, tokens, lora, salt):
        count = 0
        for block in self.chain(oracle.Request(tokens, None, lora, salt)):
            if not self.sim.by_hash.get(block["hash"]):
                break
            count += 1
        return count

    def batch(self, events):
        return publisher.encode_batch(self.schema, time.time(), events).hex() if events else ""


def main():
    engines = [Engine(d) for d in json.loads(sys.stdin.readline())]
    for line in sys.stdin:
        c = json.loads(line)
        engine = engines[c["engine"]]
        if "held" in c:
            answer = [engine.held(*request) for request in c["held"]]
        elif "restart" in c:
            engines[c["engine"]] = Engine(c["restart"])
            answer = {"payload": ""}
        elif c.get("clear"):
            engine.sim.reset()
            answer = {"payload": engine.batch([("AllBlocksCleared", {})])}
        else:
            answer = {"payload": engine.batch(engine.sim.request(c["tokens"], c["lora"], None, c["salt"]))}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

"""What engines call their blocks: vLLM's schemes through vllm_hash.py, SGLang's, Python's own hash(), and coarse blocks under fine hashes."""
import hashlib
import os

import vllm_hash as oracle

RULES = oracle.RULES_V0_19


def sglang_chain(tokens, size):
    parent, out = b"", []
    for start in range(0, len(tokens) - size + 1, size):
        parent = hashlib.sha256(parent + b"".join(t.to_bytes(4, "little") for t in tokens[start:start + size])).digest()
        out.append({"hash": parent, "extra": None})
    return out


def builtin_chain(root, tokens, size, request):
    """Python's hash(): numbers of either sign that nobody can compute."""
    parent, out = root, []
    for start in range(0, len(tokens) - size + 1, size):
        extra = oracle.extra_keys(request, RULES, start, start + size)
        digest = hashlib.sha256(repr((parent, tokens[start:start + size], extra)).encode()).digest()
        parent = int.from_bytes(digest[:8], "big", signed=True)
        out.append({"hash": parent, "extra": extra})
    return out


class Hasher:
    """What an engine calls its blocks."""

    def __init__(self, d):
        self.algo, self.size, self.seed = d["algo"], d["block_size"], d["seed"]
        self.fine = d.get("fine") or self.size
        self.concatenated = d["schema"] < "v0.24.0"
        self.root = None
        if d.get("none") == "random":
            self.root = int.from_bytes(os.urandom(32), "big") if self.algo == "sha256_cbor_64bit" else os.urandom(32)

    def chain(self, request):
        tokens = request.token_ids
        if self.algo == "sglang":
            return sglang_chain(tokens, self.size)
        if self.algo == "builtin":
            return builtin_chain(self.root, tokens, self.size, request)
        fine = oracle.chain(self.algo, self.seed, self.fine, request, RULES, none=self.root)
        n = self.size // self.fine
        if n == 1:
            return fine
        groups = [fine[i:i + n] for i in range(0, len(fine) - n + 1, n)]
        return [{"hash": b"".join(b["hash"] for b in g) if self.concatenated else g[-1]["hash"], "extra": g[0]["extra"]} for g in groups]

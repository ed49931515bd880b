"""Renders templates with Jinja2 as Hugging Face's transformers set it up, and chats as vLLM prepares them.

One JSON object a line on stdin, one answer a line on stdout: {"text": …} or {"error": …}.
  {"template": source, "variables": {…}}   renders the template
  {"template": source, "chat": {…}}        renders the body of a chat request whose template takes string contents
  {"load": source}                         keeps a template under the name "" for the lines that follow
"""

import json
import sys
from datetime import datetime

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_print"), [], [], body).set_lineno(line)

    def _print(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


ENVIRONMENT = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
ENVIRONMENT.filters["tojson"] = tojson
ENVIRONMENT.globals["raise_exception"] = raise_exception
ENVIRONMENT.globals["strftime_now"] = lambda form: datetime(2026, 3, 4, 5, 6, 7).strftime(form)


def content_of(content):
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    texts = [part if isinstance(part, str) else part.get("text") for part in content]
    return "\n".join(text for text in texts if text)


def arguments_of(arguments):
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            arguments = {}
    return arguments if isinstance(arguments, dict) else {}


def call_of(call):
    function = {"arguments": arguments_of(call["function"].get("arguments")), **{k: v for k, v in call["function"].items() if k != "arguments"}}
    return {**{k: v for k, v in call.items() if k == "id"}, "function": function, **{k: v for k, v in call.items() if k not in ("id", "function")}}


def message_of(message):
    role = message["role"]
    prepared = {"role": role, "content": content_of(message.get("content"))}
    if role == "assistant":
        if message.get("tool_calls"):
            prepared["tool_calls"] = [call_of(call) for call in message["tool_calls"]]
        reasoning = message.get("reasoning", message.get("reasoning_content"))
        if reasoning is not None:
            prepared["reasoning"] = prepared["reasoning_content"] = reasoning
    if role == "tool" and "tool_call_id" in message:
        prepared["tool_call_id"] = message["tool_call_id"]
    if isinstance(message.get("name"), str):
        prepared["name"] = message["name"]
    return prepared


def tool_of(tool):
    function = tool["function"]
    dumped = {"name": function["name"], "description": function.get("description"), "parameters": function.get("parameters")}
    if function.get("strict") is not None:
        dumped["strict"] = function["strict"]
    return {"type": "function", "function": dumped}


def variables_of(chat):
    variables = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    if chat.get("reasoning_effort") is not None:
        variables["enable_thinking"] = chat["reasoning_effort"] != "none"
        variables["reasoning_effort"] = chat["reasoning_effort"]
    variables.update({k: v for k, v in (chat.get("chat_template_kwargs") or {}).items() if v is not None})
    variables["messages"] = [message_of(message) for message in chat["messages"]]
    variables["tools"] = None if chat.get("tools") is None else [tool_of(tool) for tool in chat["tools"]]
    variables["documents"] = chat.get("documents")
    variables["add_generation_prompt"] = chat.get("add_generation_prompt", True)
    return variables


def main():
    loaded = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "load" in request:
                loaded[""] = ENVIRONMENT.from_string(request["load"])
                answer = {"text": ""}
            else:
                source = request["template"]
                template = loaded[source] if source == "" and loaded else ENVIRONMENT.from_string(source)
                variables = variables_of(request["chat"]) if "chat" in request else request["variables"]
                answer = {"text": template.render(**variables)}
                answer["text"].encode("utf-8")
        except Exception as error:  # whatever a template does wrong, in any of Python's ways
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()

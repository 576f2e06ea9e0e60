"""The official Anthropic client for Python: messages, streams, tools, its tool runner, structured output, errors.

Run by anthropic.test.mjs. Directives in prompts, such as [[n:40]]: ../fake-grok/directives.mjs
"""

import sys
from typing import Literal

import anthropic
import checks
from anthropic import beta_tool
from pydantic import BaseModel

MODEL = "claude-opus-5-5"
WEATHER = {
    "name": "get_weather",
    "description": "Returns the weather of a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
        "required": ["city", "unit"],
    },
}
PARIS = {"city": "Paris", "unit": "celsius"}


class Person(BaseModel):
    name: str
    age: int
    city: str


def ask(content, **more):
    return {"model": MODEL, "max_tokens": 4000, "messages": [{"role": "user", "content": content}], **more}


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text")


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def check_messages(client):
    message = client.messages.create(**ask("[[text:Hello world]]", system="Be brief."))
    assert (message.model, message.role, text_of(message)) == (MODEL, "assistant", "Hello world"), message
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 3), message
    assert message._request_id.startswith("req_"), message._request_id


def check_streams(client):
    with client.messages.stream(**ask("[[n:60]]", thinking={"type": "adaptive"})) as stream:
        text = "".join(stream.text_stream)
        message = stream.get_final_message()
    assert len(text.split()) == 60 and text_of(message) == text, message
    assert [block.type for block in message.content] == ["thinking", "text"], message
    assert message.content[0].thinking and message.content[0].signature, message


def check_tools(client):
    for choice in ({"type": "auto"}, {"type": "any"}, {"type": "tool", "name": "get_weather"}):
        message = client.messages.create(**ask("What is the weather in Paris?", tools=[WEATHER], tool_choice=choice))
        assert [(call.name, call.input) for call in message.content] == [("get_weather", PARIS)], message
        assert message.stop_reason == "tool_use", message


def check_tool_runner(client):
    """The runner begins with a thread, which the gateway refuses, and goes on without."""
    ran = []

    @beta_tool
    def get_weather(city: str, unit: Literal["celsius", "fahrenheit"]) -> str:
        """Returns the weather of a city."""
        ran.append((city, unit))
        return f"21 degrees in {city}"

    for stream in (False, True):
        runner = client.beta.messages.tool_runner(**ask("What is the weather in Paris?", tools=[get_weather], stream=stream))
        message = runner.until_done()
        assert "21 degrees in Paris" in text_of(message), message
    assert ran == [("Paris", "celsius")] * 2, ran


def check_structured_output(client):
    question = "Extract: the name is Ann, the age is 31, the city is Paris."
    message = client.messages.parse(**ask(question, output_format=Person))
    assert message.parsed_output == Person(name="Ann", age=31, city="Paris"), message


def check_count_tokens(client):
    asked = ask("twelve chars")
    del asked["max_tokens"]
    assert client.messages.count_tokens(**asked).input_tokens == 6
    assert client.messages.count_tokens(**asked, tools=[WEATHER]).input_tokens > 30


def check_errors(client):
    create = client.messages.create
    error = raises(anthropic.NotFoundError, lambda: create(**{**ask("hi"), "model": "gpt-5"}))
    assert error.body["error"]["type"] == "not_found_error", error.body
    error = raises(anthropic.BadRequestError, lambda: create(**ask([{"type": "audio"}])))
    assert "messages.0.content.0.type" in error.message, error.message
    raises(anthropic.RateLimitError, lambda: create(**ask("[[error:usage_limit]]")))
    error = raises(anthropic.APIStatusError, lambda: create(**ask("[[error:heavy_usage]]")))
    assert (error.status_code, error.body["error"]["type"]) == (529, "overloaded_error"), error.body
    stranger = client.with_options(api_key="sk-wrong")
    raises(anthropic.AuthenticationError, lambda: stranger.messages.create(**ask("hi")))

    def broken():
        with client.messages.stream(**ask("[[n:50]] [[cut:30]]")) as stream:
            stream.get_final_message()

    raises(anthropic.APIStatusError, broken)


if __name__ == "__main__":
    base_url, api_key = sys.argv[1:]
    # This client adds /v1 itself.
    address = base_url.removesuffix("/v1")
    checks.run(sys.modules[__name__], anthropic.Anthropic(base_url=address, api_key=api_key, max_retries=0, timeout=30))

"""Tools, structured output and refusals in the official OpenAI client for Python.

Run by python.test.mjs. Directives in prompts, such as [[garble:cut]]: fake-grok/directives.mjs
"""

import json
import sys
from typing import Literal

import checks
import openai
from pydantic import BaseModel

MODEL = "grok-4"


class GetWeather(BaseModel):
    """Returns the weather of a city."""

    city: str
    unit: Literal["celsius", "fahrenheit"]


class GetTime(BaseModel):
    """Returns the time of a place."""

    zone: str


class Person(BaseModel):
    name: str
    age: int
    city: str


TOOLS = [openai.pydantic_function_tool(GetWeather, name="get_weather"), openai.pydantic_function_tool(GetTime, name="get_time")]
PATCH = {"type": "custom", "custom": {"name": "apply_patch", "description": "Changes files."}}
PARIS = {"city": "Paris", "unit": "celsius"}
BOTH = "Use get_weather and get_time for Rome, in fahrenheit."
ROME = [("get_weather", {"city": "Rome", "unit": "fahrenheit"}), ("get_time", {"zone": "Rome"})]
ANN = "Extract: Ann is 31 years old and lives in Paris."


def ask(content, **more):
    return {"model": MODEL, "messages": [{"role": "user", "content": content}], **more}


def called(message):
    return [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls]


def streamed(client, body):
    with client.chat.completions.stream(**body) as stream:
        events = list(stream)
        return events, stream.get_final_completion().choices[0]


def check_tools(client):
    choice = client.chat.completions.create(**ask("What is the weather in Paris?", tools=TOOLS)).choices[0]
    assert called(choice.message) == [("get_weather", PARIS)], choice
    assert (choice.message.content, choice.finish_reason) == (None, "tool_calls"), choice


def check_tools_streamed(client):
    events, choice = streamed(client, ask(BOTH, tools=TOOLS))
    done = [event for event in events if event.type == "tool_calls.function.arguments.done"]
    assert [(event.name, event.parsed_arguments.model_dump()) for event in done] == ROME, done
    for event in done:
        deltas = [
            each.arguments_delta
            for each in events
            if each.type == "tool_calls.function.arguments.delta" and each.index == event.index
        ]
        assert "".join(deltas) == event.arguments, deltas
    assert called(choice.message) == ROME and choice.finish_reason == "tool_calls", choice
    # The raw chunks: each call begins with its id and name, and has an index of its own.
    chunks = list(client.chat.completions.create(**ask(BOTH, tools=TOOLS), stream=True))
    calls = [call for chunk in chunks for choice in chunk.choices for call in choice.delta.tool_calls or []]
    assert [(call.index, call.function.name) for call in calls if call.id] == [(0, "get_weather"), (1, "get_time")]
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def check_tools_parsed(client):
    message = client.chat.completions.parse(**ask("What is the weather in Paris?", tools=TOOLS)).choices[0].message
    assert [call.function.parsed_arguments for call in message.tool_calls] == [GetWeather(**PARIS)], message


def check_parallel_calls(client):
    message = client.chat.completions.create(**ask(BOTH, tools=TOOLS)).choices[0].message
    assert called(message) == ROME and len({call.id for call in message.tool_calls}) == 2, message
    message = client.chat.completions.create(**ask(BOTH, tools=TOOLS, parallel_tool_calls=False)).choices[0].message
    assert called(message) == ROME[:1], message


def check_results(client):
    body = ask(BOTH, tools=TOOLS)
    message = client.chat.completions.create(**body).choices[0].message
    results = [{"role": "tool", "tool_call_id": call.id, "content": f"{call.function.name} is fine"} for call in message.tool_calls]
    body["messages"] += [message, *results]
    choice = client.chat.completions.create(**body).choices[0]
    assert choice.message.content.endswith("That is what I found: get_weather is fine; get_time is fine"), choice
    assert (choice.message.tool_calls, choice.finish_reason) == (None, "stop"), choice


def check_demanded_calls(client):
    joke = "Say something about trees."
    choice = client.chat.completions.create(**ask(joke, tools=TOOLS, tool_choice="required")).choices[0]
    assert choice.finish_reason == "tool_calls" and len(choice.message.tool_calls) == 1, choice
    named = {"type": "function", "function": {"name": "get_weather"}}
    choice = client.chat.completions.create(**ask(joke, tools=TOOLS, tool_choice=named)).choices[0]
    assert [name for name, _ in called(choice.message)] == ["get_weather"], choice
    choice = client.chat.completions.create(**ask(f"{BOTH} [[text:No.]]", tools=TOOLS, tool_choice="none")).choices[0]
    assert choice.message.tool_calls is None and choice.message.content.endswith("No."), choice


def check_custom_tools(client):
    message = client.chat.completions.create(**ask("apply_patch please", tools=[PATCH])).choices[0].message
    [call] = message.tool_calls
    assert (call.type, call.custom.name, call.custom.input) == ("custom", "apply_patch", "for apply_patch: apply_patch please")


def check_structured_output(client):
    choice = client.chat.completions.parse(**ask(ANN, response_format=Person)).choices[0]
    assert choice.message.parsed == Person(name="Ann", age=31, city="Paris"), choice
    assert json.loads(choice.message.content) == choice.message.parsed.model_dump()
    assert (choice.message.refusal, choice.finish_reason) == (None, "stop"), choice


def check_structured_output_streamed(client):
    events, choice = streamed(client, ask(ANN, response_format=Person))
    assert choice.message.parsed == Person(name="Ann", age=31, city="Paris"), choice
    [done] = [event for event in events if event.type == "content.done"]
    assert done.parsed == choice.message.parsed, done


def check_json_object(client):
    choice = client.chat.completions.create(**ask("Answer in JSON.", response_format={"type": "json_object"})).choices[0]
    assert isinstance(json.loads(choice.message.content), dict), choice


def check_refusals(client):
    body = ask(f"{ANN} [[garble:refuse]]", response_format=Person)
    message = client.chat.completions.parse(**body).choices[0].message
    assert (message.refusal, message.parsed, message.content) == ("I can't help with that.", None, None), message
    events, choice = streamed(client, body)
    assert choice.message.refusal == "I can't help with that.", choice
    assert [event.refusal for event in events if event.type == "refusal.done"] == ["I can't help with that."], events


def check_repairs(client):
    for garble in ["fenced", "prose", "cut", "invalid", "misfit", "none"]:
        message = client.chat.completions.parse(**ask(f"{ANN} [[garble:{garble}]]", response_format=Person)).choices[0].message
        assert message.parsed == Person(name="Ann", age=31, city="Paris"), (garble, message)
        body = ask(f"What is the weather in Paris? [[garble:{garble}]]", tools=TOOLS, tool_choice="required")
        assert called(client.chat.completions.create(**body).choices[0].message) == [("get_weather", PARIS)], garble
        assert called(streamed(client, body)[1].message) == [("get_weather", PARIS)], garble


def check_errors(client):
    body = ask(f"{ANN} [[garble:misfit_always]]", response_format=Person)
    for fails in [lambda: client.chat.completions.parse(**body), lambda: streamed(client, body)]:
        try:
            fails()
        except openai.APIError as error:
            assert error.code == "invalid_structured_output", error
        else:
            raise AssertionError("an error was expected")


if __name__ == "__main__":
    base_url, api_key = sys.argv[1:]
    client = openai.OpenAI(base_url=base_url, api_key=api_key, max_retries=0, timeout=30)
    checks.run(sys.modules[__name__], client)

"""LangChain for Python: tools that are bound to a model, and structured output in each of its ways.

Run by langchain.test.mjs.
"""

import json
import sys
from typing import Literal

import checks
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class Person(BaseModel):
    """A person."""

    name: str
    age: int
    city: str


@tool
def get_weather(city: str, unit: Literal["celsius", "fahrenheit"]) -> str:
    """Returns the weather of a city."""
    return f"{21 if unit == 'celsius' else 70} degrees in {city}"


@tool
def get_time(zone: str) -> str:
    """Returns the time of a place."""
    return f"noon in {zone}"


TOOLS = [get_weather, get_time]
BOTH = "Use get_weather and get_time for Rome, in fahrenheit."
ROME = [("get_weather", {"city": "Rome", "unit": "fahrenheit"}), ("get_time", {"zone": "Rome"})]
QUESTION = "Extract: Ann is 31 years old and lives in Paris."
ANN = Person(name="Ann", age=31, city="Paris")


def called(message):
    return [(call["name"], call["args"]) for call in message.tool_calls]


def check_bound_tools(model):
    message = model.bind_tools(TOOLS).invoke(BOTH)
    assert called(message) == ROME and message.invalid_tool_calls == [], message
    message = model.bind_tools(TOOLS, parallel_tool_calls=False).invoke(BOTH)
    assert called(message) == ROME[:1], message


def check_streamed_tools(model):
    whole = None
    for chunk in model.bind_tools(TOOLS).stream(BOTH):
        whole = chunk if whole is None else whole + chunk
    assert called(whole) == ROME and whole.invalid_tool_calls == [], whole
    assert len({call["id"] for call in whole.tool_calls}) == 2, whole


def check_demanded_calls(model):
    joke = "Say something about trees."
    assert len(model.bind_tools(TOOLS, tool_choice="any").invoke(joke).tool_calls) == 1
    message = model.bind_tools(TOOLS, tool_choice="get_weather").invoke(joke)
    assert [name for name, _ in called(message)] == ["get_weather"], message


def check_results(model):
    bound = model.bind_tools(TOOLS)
    messages = [HumanMessage('First get_weather in fahrenheit, then get_time for "Rome".')]
    made = []
    while calls := (answer := bound.invoke(messages)).tool_calls:
        made += called(answer)
        by_name = {each.name: each for each in TOOLS}
        messages += [answer, *(by_name[call["name"]].invoke(call) for call in calls)]
        assert len(made) < 5, made
    assert made == ROME, made
    assert answer.text.endswith("That is what I found: 70 degrees in Rome; noon in Rome"), answer


def check_structured_output(model):
    for method in ["json_schema", "function_calling"]:
        result = model.with_structured_output(Person, method=method, include_raw=True).invoke(QUESTION)
        assert (result["parsed"], result["parsing_error"]) == (ANN, None), (method, result)
    result = model.with_structured_output(None, method="json_mode", include_raw=True).invoke("Answer in JSON.")
    assert isinstance(json.loads(result["raw"].text), dict), result


def check_structured_output_streamed(model):
    for method in ["json_schema", "function_calling"]:
        parts = list(model.with_structured_output(Person, method=method).stream(QUESTION))
        assert parts[-1] == ANN, (method, parts)


if __name__ == "__main__":
    base_url, api_key = sys.argv[1:]
    checks.run(sys.modules[__name__], ChatOpenAI(model="grok-4", base_url=base_url, api_key=api_key, max_retries=0, timeout=30))

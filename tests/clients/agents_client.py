"""OpenAI's Agents SDK with its model for chats: dialogues of several turns, tools, typed output, hand-offs.

Run by agents.test.mjs.
"""

import sys
from typing import Literal

import checks
from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
from agents.items import ToolCallItem
from openai import AsyncOpenAI
from pydantic import BaseModel

set_tracing_disabled(True)


class Person(BaseModel):
    name: str
    age: int
    city: str


@function_tool
def get_weather(city: str, unit: Literal["celsius", "fahrenheit"]) -> str:
    """Returns the weather of a city."""
    return f"{21 if unit == 'celsius' else 70} degrees in {city}"


@function_tool
def get_time(zone: str) -> str:
    """Returns the time of a place."""
    return f"noon in {zone}"


def agent(client, **more):
    model = OpenAIChatCompletionsModel(model="grok-4", openai_client=client)
    return Agent(**{"name": "helper", "instructions": "be nice", "model": model, "tools": [get_weather, get_time], **more})


def calls(result):
    return [item.raw_item.name for item in result.new_items if isinstance(item, ToolCallItem)]


async def check_five_turns_with_two_calls_at_once(client):
    helper, messages = agent(client), []
    questions = [
        ("Use get_weather and get_time for Rome, in celsius.", ["get_weather", "get_time"], "21 degrees in Rome; noon in Rome"),
        ("And get_weather for Oslo?", ["get_weather"], "21 degrees in Oslo"),
        ("Say something about trees.", [], ""),
        ('First get_time, then get_weather in fahrenheit for "Lima".', ["get_time", "get_weather"], "noon in Lima; 70 degrees in Lima"),
        ("Use get_weather and get_time for Cairo, in fahrenheit.", ["get_weather", "get_time"], "70 degrees in Cairo; noon in Cairo"),
    ]
    for question, expected, answer in questions:
        result = await Runner.run(helper, [*messages, {"role": "user", "content": question}])
        assert calls(result) == expected, (question, calls(result))
        assert result.final_output.endswith(answer), (question, result.final_output)
        messages = result.to_input_list()
    kinds = [message.get("type") or message["role"] for message in messages]
    counts = [kinds.count(kind) for kind in ["user", "function_call", "function_call_output", "message"]]
    assert counts == [5, 7, 7, 5], kinds


async def check_streamed_turns(client):
    result = Runner.run_streamed(agent(client), 'First get_weather in celsius, then get_time for "Rome".')
    events = [event async for event in result.stream_events()]
    assert calls(result) == ["get_weather", "get_time"], calls(result)
    assert result.final_output.endswith("That is what I found: 21 degrees in Rome; noon in Rome"), result.final_output
    assert any(event.type == "raw_response_event" for event in events)


async def check_settings(client):
    one = agent(client, model_settings=ModelSettings(parallel_tool_calls=False))
    result = await Runner.run(one, "Use get_weather and get_time for Rome.")
    assert calls(result) == ["get_weather", "get_time"] and len(result.raw_responses) == 3, calls(result)
    must = agent(client, model_settings=ModelSettings(tool_choice="required"), tool_use_behavior="stop_on_first_tool")
    result = await Runner.run(must, "Say something about trees.")
    assert len(calls(result)) == 1, calls(result)


async def check_typed_output(client):
    question = "Extract: Ann is 31 years old and lives in Paris."
    result = await Runner.run(agent(client, tools=[], output_type=Person), question)
    assert result.final_output == Person(name="Ann", age=31, city="Paris"), result.final_output
    result = Runner.run_streamed(agent(client, tools=[], output_type=Person), question)
    async for _ in result.stream_events():
        pass
    assert result.final_output == Person(name="Ann", age=31, city="Paris"), result.final_output


async def check_hand_offs(client):
    forecaster = agent(client, name="forecaster", handoff_description="Says the weather.")
    first = agent(client, tools=[], handoffs=[forecaster])
    result = await Runner.run(first, "Do transfer_to_forecaster, then get_weather for Rome in celsius.")
    assert result.last_agent.name == "forecaster", result.last_agent.name
    assert "21 degrees in Rome" in result.final_output, result.final_output


if __name__ == "__main__":
    base_url, api_key = sys.argv[1:]
    checks.run(sys.modules[__name__], AsyncOpenAI(base_url=base_url, api_key=api_key, max_retries=0, timeout=30))

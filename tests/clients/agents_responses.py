"""OpenAI's Agents SDK with its model for responses: tools, dialogues by the previous response, streams, typed output.

Run by agents.test.mjs.
"""

import sys

import checks
from agents import Agent, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled
from openai import AsyncOpenAI
from pydantic import BaseModel

set_tracing_disabled(True)


class Person(BaseModel):
    name: str
    age: int
    city: str


@function_tool
def get_weather(city: str) -> str:
    """Returns the weather of a city."""
    return f"21 degrees in {city}"


@function_tool
def get_time(zone: str) -> str:
    """Returns the time of a place."""
    return f"noon in {zone}"


def agent(client, **more):
    model = OpenAIResponsesModel(model="grok-4", openai_client=client)
    return Agent(**{"name": "helper", "instructions": "be nice", "model": model, "tools": [get_weather, get_time], **more})


async def check_turns_with_the_whole_dialogue(client):
    result = await Runner.run(agent(client), "Use get_weather and get_time for Rome.")
    assert result.final_output.endswith("21 degrees in Rome; noon in Rome"), result.final_output
    more = [*result.to_input_list(), {"role": "user", "content": "And get_weather for Oslo?"}]
    result = await Runner.run(agent(client), more)
    assert result.final_output.endswith("21 degrees in Oslo"), result.final_output


async def check_turns_by_the_previous_response(client):
    result = await Runner.run(agent(client), "What is the weather in Paris?")
    result = await Runner.run(agent(client), "And get_weather for Oslo?", previous_response_id=result.last_response_id)
    assert result.final_output.endswith("21 degrees in Oslo"), result.final_output


async def check_streamed_turns(client):
    result = Runner.run_streamed(agent(client), 'First get_weather, then get_time for "Rome".')
    events = [event async for event in result.stream_events()]
    assert result.final_output.endswith("21 degrees in Rome; noon in Rome"), result.final_output
    assert any(event.type == "raw_response_event" for event in events)


async def check_typed_output(client):
    result = await Runner.run(agent(client, tools=[], output_type=Person), "Extract: Ann is 31 years old and lives in Paris.")
    assert result.final_output == Person(name="Ann", age=31, city="Paris"), result.final_output


if __name__ == "__main__":
    base_url, api_key = sys.argv[1:]
    checks.run(sys.modules[__name__], AsyncOpenAI(base_url=base_url, api_key=api_key, max_retries=0, timeout=30))

"""pydantic-ai: agents with tools, and typed output in each of its modes.

Run by pydantic-ai.test.mjs.
"""

import sys
from typing import Literal

import checks
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, ModelRetry, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider


class Person(BaseModel):
    name: str
    age: int
    city: str


BOTH = "Use get_weather and get_time for Rome, in fahrenheit."
QUESTION = "Extract: Ann is 31 years old and lives in Paris."
ANN = Person(name="Ann", age=31, city="Paris")


def model(client):
    return OpenAIChatModel("grok-4", provider=OpenAIProvider(openai_client=client))


def agent(client, **more):
    ran = []
    made = Agent(model(client), **more)

    @made.tool_plain
    def get_weather(city: str, unit: Literal["celsius", "fahrenheit"]) -> str:
        """Returns the weather of a city."""
        ran.append(("get_weather", city, unit))
        return f"{21 if unit == 'celsius' else 70} degrees in {city}"

    @made.tool_plain
    def get_time(zone: str) -> str:
        """Returns the time of a place."""
        ran.append(("get_time", zone))
        return f"noon in {zone}"

    return made, ran


async def check_tools(client):
    made, ran = agent(client)
    result = await made.run(BOTH)
    assert sorted(ran) == [("get_time", "Rome"), ("get_weather", "Rome", "fahrenheit")], ran
    assert result.output.endswith("That is what I found: 70 degrees in Rome; noon in Rome"), result.output
    assert result.usage.requests == 2, result.usage


async def check_tools_streamed(client):
    made, ran = agent(client)
    async with made.run_stream('First get_weather in fahrenheit, then get_time for "Rome".') as result:
        text = [part async for part in result.stream_text(delta=True)]
    assert ran == [("get_weather", "Rome", "fahrenheit"), ("get_time", "Rome")], ran
    assert "".join(text).endswith("That is what I found: 70 degrees in Rome; noon in Rome"), text


async def check_typed_output(client):
    for output in [Person, ToolOutput(Person, name="final_result"), NativeOutput(Person), PromptedOutput(Person)]:
        result = await Agent(model(client), output_type=output).run(QUESTION)
        assert result.output == ANN, (output, result.output)


async def check_typed_output_streamed(client):
    for output in [Person, NativeOutput(Person)]:
        async with Agent(model(client), output_type=output).run_stream(QUESTION) as result:
            assert await result.get_output() == ANN, output


async def check_tools_and_typed_output(client):
    class Report(BaseModel):
        degrees: int

    for output in [Report, NativeOutput(Report)]:
        made, ran = agent(client, output_type=output)
        result = await made.run("What does get_weather say of Rome? Use celsius.")
        assert ran == [("get_weather", "Rome", "celsius")], ran
        assert result.output == Report(degrees=21), result.output


async def check_complaints_of_tools(client):
    """A tool's demand for another try reaches the model as its result."""
    made = Agent(model(client))

    @made.tool_plain(retries=2)
    def open_door(name: str) -> str:
        """Opens a door."""
        raise ModelRetry(f"The {name} door is stuck")

    result = await made.run('open_door "left"')
    assert "That is what I found: The left door is stuck" in result.output, result.output


if __name__ == "__main__":
    base_url, api_key = sys.argv[1:]
    checks.run(sys.modules[__name__], AsyncOpenAI(base_url=base_url, api_key=api_key, max_retries=0, timeout=30))

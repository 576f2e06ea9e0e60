"""instructor: models of pydantic out of answers, in each of its modes for OpenAI's chats.

Run by instructor.test.mjs. Directives in prompts, such as [[garble:prose]]: ../fake-grok/directives.mjs
"""

import sys
from typing import Iterable, List, Literal, Union

import checks
import instructor
import openai
from pydantic import BaseModel


class Person(BaseModel):
    """A person."""

    name: str
    age: int
    city: str


class GetWeather(BaseModel):
    """Returns the weather of a city."""

    city: str
    unit: Literal["celsius", "fahrenheit"]


class GetTime(BaseModel):
    """Returns the time of a place."""

    zone: str


QUESTION = [{"role": "user", "content": "Extract: Ann is 31 years old and lives in Paris."}]
ANN = {"name": "Ann", "age": 31, "city": "Paris"}
MODES = [instructor.Mode.TOOLS, instructor.Mode.TOOLS_STRICT, instructor.Mode.JSON_SCHEMA, instructor.Mode.JSON]


def ask(client, mode, **more):
    made = instructor.from_openai(client, mode=mode)
    return made.chat.completions, {"model": "grok-4", "messages": QUESTION, "max_retries": 0, **more}


def check_models(client):
    for mode in MODES:
        chats, body = ask(client, mode, response_model=Person)
        assert chats.create(**body).model_dump() == ANN, mode


def check_partial_models(client):
    for mode in [instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA, instructor.Mode.JSON]:
        chats, body = ask(client, mode, response_model=Person)
        parts = list(chats.create_partial(**body))
        assert parts[-1].model_dump() == ANN, (mode, parts)


def check_lists(client):
    chats, body = ask(client, instructor.Mode.TOOLS, response_model=List[Person])
    assert [person.model_dump() for person in chats.create(**body)] == [ANN]


def check_parallel_calls(client):
    chats, body = ask(client, instructor.Mode.PARALLEL_TOOLS, response_model=Iterable[Union[GetWeather, GetTime]])
    body["messages"] = [{"role": "user", "content": "Use GetWeather and GetTime for Rome, in fahrenheit."}]
    made = [call.model_dump() for call in chats.create(**body)]
    assert made == [{"city": "Rome", "unit": "fahrenheit"}, {"zone": "Rome"}], made


def check_spoilt_answers(client):
    for mode, garble in [(instructor.Mode.TOOLS, "invalid"), (instructor.Mode.JSON_SCHEMA, "misfit"), (instructor.Mode.JSON, "prose")]:
        messages = [{"role": "user", "content": f"{QUESTION[0]['content']} [[garble:{garble}]]"}]
        chats, body = ask(client, mode, response_model=Person)
        assert chats.create(**{**body, "messages": messages}).model_dump() == ANN, mode


if __name__ == "__main__":
    base_url, api_key = sys.argv[1:]
    checks.run(sys.modules[__name__], openai.OpenAI(base_url=base_url, api_key=api_key, max_retries=0, timeout=30))

"""The Responses API in the official OpenAI client for Python.

Run by python.test.mjs. Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
"""

import sys

import checks
import openai
from pydantic import BaseModel

MODEL = "grok-4"
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Returns the weather of a city.",
    "strict": True,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False},
}


class Place(BaseModel):
    city: str
    n: int


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def check_text(client):
    response = client.responses.create(model=MODEL, input="[[text:Hello world]]", instructions="be nice")
    assert (response.output_text, response.status, response.model) == ("Hello world", "completed", MODEL), response
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 0


def check_stream(client):
    with client.responses.stream(model=MODEL, input="[[n:20]]") as stream:
        events = list(stream)
        whole = stream.get_final_response()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [events[0].type, events[-1].type] == ["response.created", "response.completed"]
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == whole.output_text != "", text


def check_tools_and_previous_response(client):
    first = client.responses.create(model=MODEL, input="What is the weather in Paris?", tools=[WEATHER])
    call = next(item for item in first.output if item.type == "function_call")
    assert (call.name, call.arguments) == ("get_weather", '{"city":"Paris"}'), call
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "21 degrees"}
    second = client.responses.create(model=MODEL, previous_response_id=first.id, input=[result], tools=[WEATHER])
    assert "21 degrees" in second.output_text, second.output_text
    kinds = [item.type for item in client.responses.input_items.list(second.id, order="asc")]
    assert kinds[0] == "message" and kinds[-2:] == ["function_call", "function_call_output"], kinds
    assert client.responses.retrieve(second.id).output_text == second.output_text
    client.responses.delete(first.id)
    again = raises(openai.NotFoundError, lambda: client.responses.create(model=MODEL, previous_response_id=second.id, input="x"))
    assert again.code == "previous_response_not_found", again.body


def check_parsed(client):
    parsed = client.responses.parse(model=MODEL, input="the city is Paris, n is 3", text_format=Place)
    assert parsed.output_parsed == Place(city="Paris", n=3), parsed.output_parsed


def check_errors(client):
    create = client.responses.create
    assert raises(openai.BadRequestError, lambda: create(model=MODEL, input="x", background=True)).param == "background"
    assert raises(openai.NotFoundError, lambda: create(model="gpt-4o", input="x")).code == "model_not_found"
    raises(openai.APIError, lambda: list(create(model=MODEL, input="[[n:50]] [[cut:30]]", stream=True)))


if __name__ == "__main__":
    base_url, api_key = sys.argv[1:]
    checks.run(sys.modules[__name__], openai.OpenAI(base_url=base_url, api_key=api_key, max_retries=0, timeout=30))

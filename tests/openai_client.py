"""The official OpenAI client for Python against a running gateway.

Run by python.test.mjs.
Directives in prompts, such as [[n:40]]: fake-grok/directives.mjs
"""

import base64
import sys

import checks
import openai

MODEL = "grok-4"
# One of the gateway's scripted failures; `cut` ends the upstream stream after thirty frames.
CUT = "[[n:50]] [[cut:30]]"


def messages(content):
    return [{"role": "user", "content": content}]


def check_models(client):
    ids = [model.id for model in client.models.list()]
    assert len(ids) == len(set(ids)) == 15 and MODEL in ids, ids
    assert client.models.retrieve(MODEL).id == MODEL


def ask(client):
    return client.chat.completions.create(model=MODEL, messages=messages("[[text:Hello world]]"))


def check_chat(client):
    answer = ask(client)
    assert answer.model == MODEL, answer.model
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content.endswith("Hello world"), answer
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def check_stream(client):
    collected = ask(client).choices[0].message.content
    stream = client.chat.completions.create(
        model=MODEL,
        messages=messages("[[text:Hello world]]"),
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    assert len({chunk.id for chunk in chunks}) == 1
    assert {chunk.model for chunk in chunks} == {MODEL}
    choices = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert [choice.delta.role for choice in choices if choice.delta.role] == ["assistant"]
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["stop"]
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens > 0
    streamed = "".join(choice.delta.content or "" for choice in choices)
    assert streamed == collected, (streamed, collected)


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def check_errors(client):
    create = client.chat.completions.create
    error = raises(openai.NotFoundError, lambda: create(model="gpt-4o", messages=messages("hi")))
    assert (error.param, error.code) == ("model", "model_not_found"), error.body
    error = raises(openai.BadRequestError, lambda: create(model=MODEL, messages=[]))
    assert error.param == "messages", error.body
    stranger = openai.OpenAI(base_url=client.base_url, api_key="sk-wrong", max_retries=0)
    raises(openai.AuthenticationError, lambda: stranger.models.list())
    raises(openai.APIError, lambda: list(create(model=MODEL, messages=messages(CUT), stream=True)))
    raises(openai.InternalServerError, lambda: create(model=MODEL, messages=messages(CUT)))


def check_pictures(client):
    draw = lambda **more: client.images.generate(model="grok-imagine-image", prompt="a red moon", **more)
    made = draw(n=4, size="1024x1024")
    assert len({picture.url for picture in made.data}) == 4, made
    encoded = draw(response_format="b64_json").data[0].b64_json
    assert base64.b64decode(encoded, validate=True)[:2] == b"\xff\xd8"
    kinds = [event.type for event in draw(stream=True, partial_images=2)]
    assert kinds == ["image_generation.partial_image"] * 2 + ["image_generation.completed"], kinds
    file = ("moon.jpg", base64.b64decode(encoded), "image/jpeg")
    edit = lambda: client.images.edit(model="grok-imagine-image", image=file, prompt="make it blue")
    error = raises(openai.InternalServerError, edit)
    assert error.code == "missing_x_statsig_id", error.body
    sight = [{"type": "image_url", "image_url": {"url": f"data:;base64,{encoded}"}}, {"type": "text", "text": "[[text:a moon]]"}]
    seen = client.chat.completions.create(model=MODEL, messages=messages(sight))
    assert seen.choices[0].message.content.endswith("a moon"), seen


if __name__ == "__main__":
    base_url, api_key = sys.argv[1:]
    client = openai.OpenAI(base_url=base_url, api_key=api_key, max_retries=0, timeout=30)
    checks.run(sys.modules[__name__], client)

"""Edits of pictures by the official OpenAI client for Python, with a signature set in the gateway.

Run by python.test.mjs.
"""

import base64
import sys

import checks
import openai

MODEL = "grok-imagine-image"


def check_edits(client):
    drawn = client.images.generate(model=MODEL, prompt="a red moon", response_format="b64_json").data[0].b64_json
    file = ("moon.jpg", base64.b64decode(drawn), "image/jpeg")
    edit = lambda **more: client.images.edit(model=MODEL, image=file, prompt="make it blue", **more).data[0]
    assert "/images/" in edit().url
    assert base64.b64decode(edit(response_format="b64_json").b64_json, validate=True)[:2] == b"\xff\xd8"


if __name__ == "__main__":
    base_url, api_key = sys.argv[1:]
    client = openai.OpenAI(base_url=base_url, api_key=api_key, max_retries=0, timeout=30)
    checks.run(sys.modules[__name__], client)

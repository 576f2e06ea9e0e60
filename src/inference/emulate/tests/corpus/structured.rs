//! Answers that should be JSON. The schema is `{title: string, count: integer, tags: [string], kind: small | large}`,
//! of which `title` and `count` are required.

use super::{Answer, answer};

const RIGHT: &[&str] = &[r#"{"title":"One","count":1}"#];
const TAGGED: &[&str] = &[r#"{"title":"One","count":1,"tags":["a"]}"#];

pub const ANSWERS: &[Answer] = &[
    answer("as asked for", "{\"title\": \"One\", \"count\": 1}", RIGHT),
    answer("a fence: hindsight 645", "```json\n{\"title\": \"One\", \"count\": 1}\n```", RIGHT),
    answer("a fence without language: mem0 1885", "```\n{\"title\": \"One\", \"count\": 1}\n```", RIGHT),
    answer("only the beginning of a fence: charbit 9", "```json\n{\"title\": \"One\", \"count\": 1}", RIGHT),
    answer("a fence of four: essex-toolkit 437", "````json\n{\"title\": \"One\", \"count\": 1}\n````", RIGHT),
    answer("the word without the fence: chatwoot 13683", "json\n{\"title\": \"One\", \"count\": 1}", RIGHT),
    answer(
        "prose around: PageIndex 382",
        "Here is what you asked for:\n\n{\"title\": \"One\", \"count\": 1}\n\nAsk me for more {details}.",
        RIGHT,
    ),
    answer(
        "a bracket in the prose before: open-historia 354",
        "The set {a, b} is small [see 1].\n```json\n{\"title\": \"One\", \"count\": 1}\n```",
        RIGHT,
    ),
    answer(
        "thinking before: open-historia 354",
        "<think>\nMaybe {\"title\": \"Two\", \"count\": 2}?\n</think>\n{\"title\": \"One\", \"count\": 1}",
        RIGHT,
    ),
    answer("trailing commas: PageIndex 382", "{\"title\": \"One\", \"count\": 1, \"tags\": [\"a\",],}", TAGGED),
    answer("curly quotes: open-historia 354", "{“title”: “One”, “count”: 1}", RIGHT),
    answer("single quotes: opencode 1264", "{'title': 'One', 'count': 1}", RIGHT),
    answer(
        "line breaks in a string: pr-reviewer-action 449",
        "```json\n{\"title\": \"One\nTwo\", \"count\": 1}\n```",
        &[r#"{"title":"One\nTwo","count":1}"#],
    ),
    answer(
        "an escape of Markdown: lotti 4304",
        "{\"title\": \"One \\- Two\", \"count\": 1}",
        &[r#"{"title":"One \\- Two","count":1}"#],
    ),
    answer(
        "quotes not escaped: pythinker-code 62",
        "{\"title\": \"the \"One\" of them\", \"count\": 1}",
        &[r#"{"title":"the \"One\" of them","count":1}"#],
    ),
    answer(
        "the last bracket missing: crewAI 2241",
        "{\"title\": \"it's One\", \"count\": 1",
        &[r#"{"title":"it's One","count":1}"#],
    ),
    answer(
        "lists and objects left open: SillyTavern 5573",
        "{\"title\": \"One\", \"count\": 1, \"tags\": [\"a\"",
        TAGGED,
    ),
    answer("in a wrapper: pflow 598", "{\"json_tool_call\": {\"title\": \"One\", \"count\": 1}}", RIGHT),
    answer("in a list: pr-reviewer-action 449", "[{\"title\": \"One\", \"count\": 1}]", RIGHT),
    answer("in a string: coze-studio 573", "\"{\\\"title\\\": \\\"One\\\", \\\"count\\\": 1}\"", RIGHT),
    answer(
        "in the text of a wrapper: coze-studio 573",
        "{\"output\": \"\\n```json\\n{\\\"title\\\": \\\"One\\\", \\\"count\\\": 1}\\n```\"}",
        RIGHT,
    ),
    answer(
        "the schema filled in: curator 655",
        "{\"type\": \"object\", \"properties\": {\"title\": \"One\", \"count\": 1}, \"required\": [\"title\"]}",
        RIGHT,
    ),
    answer("numbers as strings: atomic-agent 182", "{\"title\": \"One\", \"count\": \"1\"}", RIGHT),
    answer("a number with a fraction: growthx 245", "{\"title\": 1, \"count\": 1.0}", &[r#"{"title":"1","count":1}"#]),
    answer("a list as a string: pi 5697", "{\"title\": \"One\", \"count\": 1, \"tags\": \"[\\\"a\\\"]\"}", TAGGED),
    answer("one item for a list: xagent 2067", "{\"title\": \"One\", \"count\": 1, \"tags\": \"a\"}", TAGGED),
    answer("null for what is not needed: pi 9931", "{\"title\": \"One\", \"count\": 1, \"tags\": null}", RIGHT),
    answer(
        "another case in a choice",
        "{\"title\": \"One\", \"count\": 1, \"kind\": \"Small\"}",
        &[r#"{"title":"One","count":1,"kind":"small"}"#],
    ),
    answer("Python's words, and NaN: pflow 600", "{'title': 'One', 'count': 1, 'tags': None, 'kind': NaN}", RIGHT),
    answer(
        "many empty lines: openai-node 1185",
        "{\n\n\n\n\n\"title\": \"One\",\n\n\n\n\"count\": 1\n\n\n}\n\n\n",
        RIGHT,
    ),
    answer("three quotes: promptr 51", "{\"title\": \"\"\"One\"\"\", \"count\": 1}", RIGHT),
    answer("a member missing: growthx 245", "{\"title\": \"One\"}", RIGHT),
    answer("cut in a string: SillyTavern 5573", "{\"count\": 1, \"title\": \"On", RIGHT),
    answer("words only: bugbug 5241", "The title is One, and there is one of it.", RIGHT),
];

//! Answers with the mark.

use super::{Answer, LIST, LS, PARIS, ROME, answer};

/// As asked for, and the mistakes inside.
pub const ANSWERS: &[Answer] = &[
    answer("asked for", "<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\"}\n</tool_call_MARK>", &[PARIS]),
    answer(
        "prose before and after: ollama 18538",
        "I will look that up.\n\n<tool_call_MARK name=\"get_weather\">{\"city\": \"Paris\"}</tool_call_MARK>\n\nOne moment please!",
        &[PARIS],
    ),
    answer(
        "several in a row",
        "<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\"}\n</tool_call_MARK>\n<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Rome\"}\n</tool_call_MARK>",
        &[PARIS, ROME],
    ),
    answer(
        "several objects in one block: hermes-agent 114486",
        "<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\"}\n{\"city\": \"Rome\"}\n</tool_call_MARK>",
        &[PARIS, ROME],
    ),
    answer(
        "a wrapper with the mark: grok2api 557",
        "<tool_calls_MARK>\n<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\"}\n</tool_call_MARK>\n</tool_calls_MARK>",
        &[PARIS],
    ),
    answer(
        "a fence inside: hindsight 645",
        "<tool_call_MARK name=\"get_weather\">\n```json\n{\"city\": \"Paris\"}\n```\n</tool_call_MARK>",
        &[PARIS],
    ),
    answer(
        "a fence around: veniceai 264",
        "```xml\n<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\"}\n</tool_call_MARK>\n```",
        &[PARIS],
    ),
    answer(
        "the name in the JSON, as Hermes has it: hermes-agent 742",
        "<tool_call_MARK>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call_MARK>",
        &[PARIS],
    ),
    answer(
        "the name in both places: thane 21",
        "<tool_call_MARK name=\"get_weather\">\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call_MARK>",
        &[PARIS],
    ),
    answer(
        "arguments as a string: tinyagents 68",
        "<tool_call_MARK>{\"name\": \"get_weather\", \"arguments\": \"{\\\"city\\\": \\\"Paris\\\"}\"}</tool_call_MARK>",
        &[PARIS],
    ),
    answer(
        "the end without its mark: GLM-Free-API 44",
        "<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\"}\n</tool_call>\n",
        &[PARIS],
    ),
    answer("the end missing: sglang 40236", "<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\"}", &[PARIS]),
    answer(
        "the brackets missing: crewAI 2241",
        "<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\"\n</tool_call_MARK>",
        &[PARIS],
    ),
    answer(
        "a bracket too many: langchain-qwq 30",
        "<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\"}}\n</tool_call_MARK>",
        &[PARIS],
    ),
    answer(
        "quotes after the object: inspect_ai 4822",
        "<tool_call_MARK name=\"list_files\">\n{}\"\"\n</tool_call_MARK>",
        &[LIST],
    ),
    answer("nothing inside: inspect_ai 4822", "<tool_call_MARK name=\"list_files\"></tool_call_MARK>", &[LIST]),
    answer("closed in itself", "<tool_call_MARK name=\"list_files\"/>", &[LIST]),
    answer(
        "single quotes: opencode 1264",
        "<tool_call_MARK name=\"edit_file\">\n{\"path\": \"a.rs\", \"edits\": [{'old': 'a', 'new': 'b'}]}\n</tool_call_MARK>",
        &[r#"edit_file({"path":"a.rs","edits":[{"old":"a","new":"b"}]})"#],
    ),
    answer(
        "trailing commas and curly quotes: open-historia 354",
        "<tool_call_MARK name=\"get_weather\">\n{“city”: “Paris”,}\n</tool_call_MARK>",
        &[PARIS],
    ),
    answer(
        "quotes in a string not escaped: hermes-agent 36271",
        "<tool_call_MARK name=\"write_file\">\n{\"path\": \"a.py\", \"content\": \"print(env.get(\"KEY\") or \"none\")\"}\n</tool_call_MARK>",
        &[r#"write_file({"path":"a.py","content":"print(env.get(\"KEY\") or \"none\")"})"#],
    ),
    answer(
        "line breaks in a string: grok2api 557",
        "<tool_call_MARK name=\"write_file\">\n{\"path\": \"a.txt\", \"content\": \"one\ntwo\n\"}\n</tool_call_MARK>",
        &[r#"write_file({"path":"a.txt","content":"one\ntwo\n"})"#],
    ),
    answer(
        "escapes of Markdown: pythinker-code 62",
        "<tool_call_MARK name=\"write_file\">\n{\"path\": \"a.md\", \"content\": \"\\* one\"}\n</tool_call_MARK>",
        &[r#"write_file({"path":"a.md","content":"\\* one"})"#],
    ),
    answer(
        "a pattern and a path with single backslashes: hermes-agent 110436",
        "<tool_call_MARK name=\"run_command\">\n{\"command\": \"dir C:\\Windows | grep \\d+\"}\n</tool_call_MARK>",
        &[r#"run_command({"command":"dir C:\\Windows | grep \\d+"})"#],
    ),
    answer(
        "escaped breaks between members: OpenHands 2488",
        "<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\", \"days\": \\n3\\n}\n</tool_call_MARK>",
        &[r#"get_weather({"city":"Paris","days":3})"#],
    ),
    answer(
        "names without quotes, doubled brackets: tinyagents 68",
        "<tool_call_MARK name=\"get_weather\">\n{{city: \"Paris\"}}\n</tool_call_MARK>",
        &[PARIS],
    ),
    answer(
        "Python's words: PageIndex 382",
        "<tool_call_MARK name=\"get_weather\">\n{'city': 'Paris', 'days': None}\n</tool_call_MARK>",
        &[PARIS],
    ),
    answer(
        "three quotes: promptr 51",
        "<tool_call_MARK name=\"write_file\">\n{\"path\": \"a.txt\", \"content\": \"\"\"one\n\"two\"\n\"\"\"}\n</tool_call_MARK>",
        &[r#"write_file({"path":"a.txt","content":"one\n\"two\"\n"})"#],
    ),
    answer(
        "comments: open-historia 354",
        "<tool_call_MARK name=\"get_weather\">\n{\n  // the capital\n  \"city\": \"Paris\"\n}\n</tool_call_MARK>",
        &[PARIS],
    ),
    answer(
        "a number as a string: atomic-agent 182",
        "<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\", \"days\": \"3\"}\n</tool_call_MARK>",
        &[r#"get_weather({"city":"Paris","days":3})"#],
    ),
    answer(
        "a list as a string: pi 9931",
        "<tool_call_MARK name=\"edit_file\">\n{\"path\": \"a\", \"edits\": \"[{\\\"old\\\": \\\"x\\\", \\\"new\\\": \\\"y\\\"}]\"}\n</tool_call_MARK>",
        &[r#"edit_file({"path":"a","edits":[{"old":"x","new":"y"}]})"#],
    ),
    answer(
        "one item instead of a list: xagent 2067",
        "<tool_call_MARK name=\"edit_file\">\n{\"path\": \"a\", \"edits\": {\"old\": \"x\", \"new\": \"y\"}}\n</tool_call_MARK>",
        &[r#"edit_file({"path":"a","edits":[{"old":"x","new":"y"}]})"#],
    ),
    answer(
        "tags instead of JSON: grok2api 557",
        "<tool_call_MARK name=\"write_file\">\n<path>a.html</path>\n<content><b>hi</b></content>\n</tool_call_MARK>",
        &[r#"write_file({"path":"a.html","content":"<b>hi</b>"})"#],
    ),
    answer(
        "tags of Claude inside: helm-api 600",
        "<tool_call_MARK name=\"run_command\">\n<parameter name=\"command\">ls -la</parameter>\n<parameter name=\"timeout\">5</parameter>\n</tool_call_MARK>",
        &[r#"run_command({"command":"ls -la","timeout":5})"#],
    ),
    answer(
        "tags of GLM inside: agno 5106",
        "<tool_call_MARK>run_command\n<arg_key>command</arg_key>\n<arg_value>ls -la</arg_value>\n</tool_call_MARK>",
        &[LS],
    ),
    answer(
        "the wrong case, and a prefix: gpt-oss, vllm 32587",
        "<Tool_Call_MARK name=\"functions.Get_Weather\">\n{\"city\": \"Paris\"}\n</Tool_Call_MARK>",
        &[PARIS],
    ),
    answer(
        "control words behind the name: vllm 35906",
        "<tool_call_MARK name=\"get_weather<|channel|>commentary\">\n{\"city\": \"Paris\"}\n</tool_call_MARK>",
        &[PARIS],
    ),
    answer(
        "another first word before the mark: GLM-Free-API 44",
        "<function_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\"}\n</function_call_MARK>",
        &[PARIS],
    ),
    answer(
        "a made-up result: Qwen-Agent 928",
        "<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\"}\n</tool_call_MARK>\n<tool_result_MARK>\n| 21 degrees\n</tool_result_MARK>\nIt is 21 degrees.",
        &[PARIS],
    ),
    answer(
        "the only argument without its name: ReAct, Qwen3 197",
        "<tool_call_MARK name=\"get_weather\">\nParis\n</tool_call_MARK>",
        &[PARIS],
    ),
    answer(
        "a quote token of the template: tinyagents 68",
        "<tool_call_MARK name=\"get_weather\">\n{\"city\": <|\"|>Paris<|\"|>}\n</tool_call_MARK>",
        &[PARIS],
    ),
    answer(
        "a string that does not end: pi-hashline 145",
        "<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris}\n</tool_call_MARK>",
        &[PARIS],
    ),
];

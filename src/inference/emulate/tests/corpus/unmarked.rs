//! Answers without the mark.

use super::{Answer, LIST, LS, PARIS, ROME, answer};

/// What models write that were trained on other forms.
pub const ANSWERS: &[Answer] = &[
    answer(
        "Hermes: hermes-agent 742",
        "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>",
        &[PARIS],
    ),
    answer(
        "Hermes, with prose, twice",
        "Both, then.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>\n",
        &[PARIS, ROME],
    ),
    answer(
        "the quote missing after a name: llm2 68",
        "<tool_call>{\"name: \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>",
        &[PARIS],
    ),
    answer(
        "only the end of the tag: hermes-agent 742",
        "{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>",
        &[PARIS],
    ),
    answer(
        "Qwen3-Coder: ollama 17742",
        "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>",
        &[r#"get_weather({"city":"Paris","days":3})"#],
    ),
    answer(
        "Qwen3-Coder, the beginning missing: ollama 16686",
        "I'll list them.\n\n<function=run_command>\n<parameter=command>\nls -la\n</parameter>\n</function>\n</tool_call>",
        &[LS],
    ),
    answer(
        "Qwen3-Coder, a bracket missing: mlx-lm 1881",
        "<function=run_command>\n<parameter=command\nls -la\n</parameter>\n</function>",
        &[LS],
    ),
    answer(
        "Qwen3-Coder, an argument closed by the call: ollama 17353",
        "<function=run_command>\n<parameter=command>\nls -la\n</function>\n</tool_call>",
        &[LS],
    ),
    answer(
        "Qwen3-Coder, wrong ends: sglang 27337",
        "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter/>\n<parameter=days>\n3\n</parameter1>\n</function>\n</tool_call>",
        &[r#"get_weather({"city":"Paris","days":3})"#],
    ),
    answer(
        "Qwen3-Coder, the beginning lost: q27 24",
        "<name>run_command\n</parameter>\n<parameter=command>\nls -la\n</parameter>\n</function>",
        &[LS],
    ),
    answer(
        "GLM: agno 5106",
        "Let me look.\n<tool_call>run_command\n<arg_key>command</arg_key>\n<arg_value>ls -la</arg_value>\n</tool_call>",
        &[LS],
    ),
    answer(
        "Claude: claude-code 47055",
        "<function_calls>\n<invoke name=\"run_command\">\n<parameter name=\"command\">ls -la</parameter>\n</invoke>\n</function_calls>",
        &[LS],
    ),
    answer(
        "Claude, the wrapper missing: helm-api 600",
        "<invoke name=\"write_file\">\n<parameter name=\"path\">a.txt</parameter>\n<parameter name=\"content\">one\ntwo</parameter>\n</invoke>",
        &[r#"write_file({"path":"a.txt","content":"one\ntwo"})"#],
    ),
    answer(
        "MiniMax: MiniMax-M2.5 10",
        "<minimax:tool_call>\n  <invoke name=\"run_command\">\n    <parameter name=\"command\">ls -la</parameter>\n  </invoke>\n</minimax:tool_call>",
        &[LS],
    ),
    answer(
        "MiniMax, in square brackets: lmstudio 1177",
        "[TOOL_CALL] { \"tool\": \"write_file\", \"args\": { \"path\": \"a.html\", \"content\": \"<p>hi</p>\" } } [/TOOL_CALL]",
        &[r#"write_file({"path":"a.html","content":"<p>hi</p>"})"#],
    ),
    answer(
        "MiniMax, with arrows: hermes-agent 35935",
        "[TOOL_CALL]\n{tool => \"run_command\", args => {\n  --command \"ls -la\"\n}}\n[/TOOL_CALL]",
        &[LS],
    ),
    answer(
        "DeepSeek: opensquilla 985",
        "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"run_command\">\n<｜DSML｜parameter name=\"command\" string=\"true\">ls -la</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
        &[LS],
    ),
    answer(
        "DeepSeek, without the wrapper, other bars: GenericAgent 804",
        "<‖DSML‖invoke name=\"run_command\">\n<‖DSML‖parameter name=\"command\" string=\"true\">ls -la</‖DSML‖parameter>\n</‖DSML‖invoke>",
        &[LS],
    ),
    answer(
        "DeepSeek V3, its template",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{\"city\": \"Paris\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        &[PARIS],
    ),
    answer(
        "Kimi, its template",
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{\"city\": \"Paris\"}<|tool_call_end|><|tool_calls_section_end|>",
        &[PARIS],
    ),
    answer(
        "Mistral, old: mlx-lm 1374",
        "[TOOL_CALLS] [{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}]",
        &[PARIS],
    ),
    answer("Mistral, new: Rapid-MLX 579", "[TOOL_CALLS]get_weather[ARGS]{\"city\": \"Paris\"}", &[PARIS]),
    answer(
        "Mistral, new, twice",
        "[TOOL_CALLS]get_weather[ARGS]{\"city\": \"Paris\"}[TOOL_CALLS]get_weather[ARGS]{\"city\": \"Rome\"}",
        &[PARIS, ROME],
    ),
    answer(
        "Llama, its template",
        "<|python_tag|>{\"type\": \"function\", \"name\": \"get_weather\", \"parameters\": {\"city\": \"Paris\"}}",
        &[PARIS],
    ),
    answer(
        "Llama, several in the plural: inspect_ai 1871",
        "<tool_calls>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_calls>",
        &[PARIS],
    ),
    answer("Llama 4, its template", "[get_weather(city=\"Paris\"), get_weather(city=\"Rome\")]", &[PARIS, ROME]),
    answer(
        "gpt-oss: TensorRT-LLM 9256",
        "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\": \"Paris\"}<|call|>",
        &[PARIS],
    ),
    answer(
        "gpt-oss, the tool lost: TensorRT-LLM 9256",
        "<|channel|>commentary<|message|>{\n  \"city\": \"Paris\"\n}<|end|>",
        &[PARIS],
    ),
    answer(
        "Gemini: oh-my-pi 92",
        "First the files.\n\n<call_record tool=\"run_command\">\n<parameter name=\"command\">ls -la</parameter>\n</call_record>\n<call_record tool=\"list_files\">\n</call_record>",
        &[LS, LIST],
    ),
    answer("Gemini, as code", "```tool_code\nprint(default_api.get_weather(city=\"Paris\"))\n```", &[PARIS]),
    answer("bare JSON: omlx 2565", "{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}", &[PARIS]),
    answer(
        "fenced JSON with prose: omlx 2565",
        "Sure:\n\n```json\n{\n  \"name\": \"get_weather\",\n  \"arguments\": {\n    \"city\": \"Paris\"\n  }\n}\n```",
        &[PARIS],
    ),
    answer(
        "a list of calls: thane 21",
        "[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}, {\"name\": \"list_files\", \"arguments\": {}}]",
        &[PARIS, LIST],
    ),
    answer(
        "the API's own form: grok2api 219",
        "{\"tool_calls\": [{\"id\": \"call_1\", \"type\": \"function\", \"function\": {\"name\": \"get_weather\", \"arguments\": \"{\\\"city\\\": \\\"Paris\\\"}\"}}]}",
        &[PARIS],
    ),
    answer(
        "Grok in an editor: vscode 280719",
        "{ \"toolCalls\": [ { \"id\": \"call_001\", \"type\": \"run_command\", \"command\": \"ls -la\" } ] }",
        &[LS],
    ),
    answer(
        "Grok's own form",
        "<xai:function_call name=\"get_weather\">\n<parameter name=\"city\">Paris</parameter>\n</xai:function_call>",
        &[PARIS],
    ),
    answer(
        "a flattened call: hermes-agent 110436",
        "<tool_call>\n{\"name\": \"get_weather\", \"city\": \"Paris\"}\n</tool_call>",
        &[PARIS],
    ),
    answer(
        "the form of another gateway: grok2api 557",
        "<tool_calls>\n  <tool_call>\n    <tool_name>write_file</tool_name>\n    <parameters>{\"path\": \"a.txt\", \"content\": \"one\ntwo\"}</parameters>\n  </tool_call>\n</tool_calls>",
        &[r#"write_file({"path":"a.txt","content":"one\ntwo"})"#],
    ),
    answer(
        "the tool's name as a tag: native_tool_call_adapter 15",
        "<get_weather>\n<city>Paris</city>\n<days>3</days>\n</get_weather>",
        &[r#"get_weather({"city":"Paris","days":3})"#],
    ),
    answer("the tool's name as a member", "{\"get_weather\": {\"city\": \"Paris\"}}", &[PARIS]),
    answer(
        "ReAct, with a made-up result: langchain 20704",
        "Thought: I need the weather.\nAction: get_weather\nAction Input: {\"city\": \"Paris\"}\nObservation: 21 degrees\nFinal Answer: 21",
        &[PARIS],
    ),
    answer("ReAct, a text as input: vllm 3584", "Action: get_weather\nAction Input: 'Paris'\nObserv", &[PARIS]),
    answer(
        "ReAct as JSON",
        "```json\n{\n  \"action\": \"get_weather\",\n  \"action_input\": {\"city\": \"Paris\"}\n}\n```",
        &[PARIS],
    ),
    answer(
        "another name for the fences: GLM-Free-API 44",
        "TOOL_CALL_BLOCK>>>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n<<<END_TOOL_CALL_BLOCK>>>",
        &[PARIS],
    ),
    answer("words only: hermes-agent 5531", "I will now call get_weather for Paris and report back.", &[PARIS]),
    answer(
        "a made-up result in tags: claude-code 80092",
        "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>\n<tool_response>\n21\n</tool_response>\nIt is 21 degrees.",
        &[PARIS],
    ),
];

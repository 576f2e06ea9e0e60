//! Answers of each kind.

use super::*;

const CALL: &str = "<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\"}\n</tool_call_MARK>";

/// Reads an answer of one piece to this prompt.
fn read_one(prompt: &Prompt, answer: &str) -> Read {
    let emulation = emulation(prompt);
    let answer = marked(&emulation, answer);
    read(&emulation, [answer.as_str()], false)
}

#[test]
fn a_marked_call_is_taken_out_of_the_text() {
    let read = read_one(&prompt(), &format!("Let me look.\n{CALL}\n"));
    assert_eq!(read.text, "Let me look.\n");
    assert_eq!(read.calls, ["get_weather({\"city\":\"Paris\"})"]);
    assert_eq!(read.end, Some(Ok(Finish::ToolCalls)));
}

#[test]
fn custom_tools_get_their_text_as_it_is() {
    let patch = "  \n*** Begin Patch\n-a \"x\" \\n\n+b <c>\n\n*** End Patch\n ";
    let answer = format!("<tool_call_MARK name=\"apply_patch\">\n{patch}\n</tool_call_MARK>");
    let read = read_one(&prompt(), &answer);
    assert_eq!(read.calls, [format!("apply_patch({patch})")]);
    assert_eq!(read.text, "");
}

#[test]
fn parallel_calls_are_several_unless_off() {
    let two = format!("{CALL}\n{}", CALL.replace("Paris", "Rome"));
    let calls = ["get_weather({\"city\":\"Paris\"})", "get_weather({\"city\":\"Rome\"})"];
    assert_eq!(read_one(&prompt(), &two).calls, calls);
    let single = Prompt { single_tool_call: true, ..prompt() };
    let read = read_one(&single, &two);
    assert_eq!(read.calls, calls[..1]);
    assert_eq!(read.end, Some(Ok(Finish::ToolCalls)));
}

#[test]
fn a_call_that_must_come_and_does_not_is_a_fault() {
    let required = Prompt { tool_choice: ToolChoice::Required, ..prompt() };
    let read = read_one(&required, "It is sunny.");
    assert_eq!(read.text, "");
    assert_eq!(read.end, fault("tool_call_missing", "a tool must be called, but the answer has no call."));
    let named = Prompt { tool_choice: ToolChoice::Named("apply_patch".to_owned()), ..prompt() };
    let read = read_one(&named, CALL);
    assert_eq!(read.calls, [""; 0]);
    let message = "the tool `apply_patch` must be called, not `get_weather`.";
    assert_eq!(read.end, fault("tool_call_missing", message));
}

#[test]
fn arguments_that_do_not_fit_are_a_fault_if_strict() {
    let call = CALL.replace("{\"city\": \"Paris\"}", "{\"town\": \"Paris\"}");
    let read = read_one(&prompt(), &call);
    let message = "the arguments of `get_weather` do not fit its schema: `city` is required.";
    assert_eq!(read.end, fault("invalid_tool_call", message));
    let mut tolerant = prompt();
    let ToolInput::Json { strict, .. } = &mut tolerant.tools[0].input else { panic!("a JSON tool") };
    *strict = false;
    assert_eq!(read_one(&tolerant, &call).calls, ["get_weather({\"town\":\"Paris\"})"]);
}

#[test]
fn cut_calls_are_left_out_and_end_with_length() {
    let half = "One moment. <tool_call_MARK name=\"get_weather\">\n{\"city\": \"Par";
    let emulation = emulation(&prompt());
    let read = read(&emulation, [marked(&emulation, half).as_str()], true);
    assert_eq!((read.text.as_str(), read.calls.len()), ("One moment. ", 0));
    assert_eq!(read.end, Some(Ok(Finish::Length)));
}

#[test]
fn structured_answers_are_json_alone() {
    let prompt =
        formatted(json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}), true);
    let fenced = read_one(&prompt, "Here you are:\n```json\n{\"n\": 1,}\n```\nDone.");
    assert_eq!((fenced.text.as_str(), fenced.end), ("{\"n\":1}", Some(Ok(Finish::Stop))));
    let wrong = read_one(&prompt, "{\"n\": \"many\"}");
    let message = "the JSON does not fit the schema: n: must be of type integer, not string.";
    assert_eq!(wrong.end, fault("invalid_structured_output", message));
    assert_eq!(wrong.text, "");
}

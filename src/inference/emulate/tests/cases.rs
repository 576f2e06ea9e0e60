//! What a reader does with answers that are not simply right: other events, refusals, limits, forced calls, repairs.

use super::super::super::event::{Citation, Source};
use super::*;

const UNMARKED: &str = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>";
const PARIS: &str = "get_weather({\"city\":\"Paris\"})";

fn with_choice(choice: ToolChoice) -> Prompt {
    Prompt { tool_choice: choice, ..prompt() }
}

fn read_one(prompt: &Prompt, answer: &str) -> Read {
    let emulation = emulation(prompt);
    read(&emulation, [marked(&emulation, answer).as_str()], false)
}

fn code(read: &Read) -> &str {
    match &read.end {
        Some(Err(fault)) => fault.code,
        _ => "",
    }
}

/// Reads an answer to a repair.
fn repaired(prompt: &Prompt, answer: &str) -> Read {
    let emulation = emulation(prompt);
    read_with(emulation.repair_reader(), [marked(&emulation, answer).as_str()], false)
}

#[test]
fn forms_without_mark_count_at_the_end_alone() {
    for before in ["Now.\n", "Now: ", "  "] {
        assert_eq!(read_one(&corpus::prompt(), &format!("{before}{UNMARKED}\n")).calls, [PARIS]);
    }
    for text in [
        format!("{UNMARKED}\nis how it looks."),
        format!("Look: `{UNMARKED}`"),
        format!("```xml\n<!-- how it looks -->\n{UNMARKED}\n```\n"),
        UNMARKED.replace("get_weather", "get_news"),
        UNMARKED.replace("city", "town"),
    ] {
        let read = read_one(&corpus::prompt(), &text);
        assert_eq!((read.text.as_str(), read.calls.len()), (text.as_str(), 0));
    }
}

#[test]
fn forced_calls_are_found_wherever_they_stand() {
    let answer = format!("Look: {UNMARKED} That was it.");
    let read = read_one(&with_choice(ToolChoice::Required), &answer);
    assert_eq!((read.text.as_str(), read.calls.as_slice()), ("", [PARIS.to_owned()].as_slice()));
    let named = with_choice(ToolChoice::Named("get_weather".to_owned()));
    let read = read_one(&named, "Here you are: {\"city\": \"Paris\"}.");
    assert_eq!((read.text.as_str(), read.calls.as_slice()), ("", [PARIS.to_owned()].as_slice()));
    assert_eq!(code(&read_one(&named, "Here you are: {\"town\": \"Paris\"}.")), "tool_call_missing");
    assert_eq!(code(&read_one(&with_choice(ToolChoice::Required), "{\"city\": \"Paris\"}")), "tool_call_missing");
}

#[test]
fn text_before_a_forced_call_comes_with_it() {
    let emulation = emulation(&with_choice(ToolChoice::Required));
    let mut reader = emulation.reader();
    let mut out = Events::default();
    reader.push(Event::Reasoning("hm"), &mut out);
    reader.push(Event::Text("Now. "), &mut out);
    assert_eq!(out.iter().collect::<Vec<_>>(), [Event::Reasoning("hm")]);
    let call = marked(&emulation, "<tool_call_MARK name=\"get_weather\">{\"city\": \"Paris\"}</tool_call_MARK>");
    reader.push(Event::Text(&call), &mut out);
    assert_eq!(out.iter().nth(1), Some(Event::Text("Now. ")));
    assert!(matches!(out.iter().nth(2), Some(Event::ToolCallStart(_))));
    assert_eq!(reader.finish(false, &mut out), Ok(Finish::ToolCalls));
}

#[test]
fn tools_that_do_not_exist_are_a_fault() {
    let read = read_one(&prompt(), "<tool_call_MARK name=\"get_news\">{}</tool_call_MARK>");
    assert_eq!(code(&read), "invalid_tool_call");
    let Some(Err(fault)) = read.end else { panic!("a fault") };
    assert_eq!(fault.message, "there is not a tool `get_news`; the tools are: get_weather, apply_patch.");
}

#[test]
fn names_of_tags_in_prose_are_text() {
    let text = "I would write `<tool_call_MARK>` for that.";
    let emulation = emulation(&prompt());
    let answer = marked(&emulation, text);
    let read = read(&emulation, [answer.as_str()], false);
    assert_eq!((read.text.as_str(), read.calls.len()), (answer.as_str(), 0));
    assert_eq!(read.end, Some(Ok(Finish::Stop)));
}

#[test]
fn made_up_results_are_dropped() {
    let answer = "<tool_call_MARK name=\"get_weather\">{\"city\": \"Paris\"}</tool_call_MARK>\n\
                  <tool_result_MARK>\n| 21\n</tool_result_MARK>\nIt is 21 degrees.";
    let read = read_one(&prompt(), answer);
    assert_eq!((read.text.as_str(), read.calls.as_slice()), ("", [PARIS.to_owned()].as_slice()));
}

#[test]
fn refusals_are_refusals() {
    let refusal = "<refusal_MARK>I cannot do that.</refusal_MARK>";
    let format = formatted(json!({"type": "object"}), true);
    for prompt in [&format, &with_choice(ToolChoice::Required)] {
        let read = read_one(prompt, refusal);
        assert_eq!((read.text.as_str(), read.refusal.as_str()), ("", "I cannot do that."));
        assert_eq!(read.end, Some(Ok(Finish::Stop)));
    }
}

#[test]
fn json_comes_without_sources_and_citations() {
    let emulation = emulation(&formatted(json!({"type": "object"}), true));
    let mut reader = emulation.reader();
    let mut out = Events::default();
    let url = "https://example.com".to_owned();
    let source = Source { title: "A".to_owned(), url: url.clone(), preview: String::new() };
    let citation = Citation { number: 1, url };
    let sources = [source];
    let events = [
        Event::Reasoning("hm"),
        Event::Sources(&sources),
        Event::Text("{\"a\": "),
        Event::Citation(&citation),
        Event::Text("1}"),
    ];
    events.into_iter().for_each(|event| reader.push(event, &mut out));
    assert_eq!(reader.finish(false, &mut out), Ok(Finish::Stop));
    assert_eq!(out.iter().collect::<Vec<_>>(), [Event::Reasoning("hm"), Event::Text("{\"a\":1}")]);
}

#[test]
fn citations_keep_their_place_in_held_text() {
    let emulation = emulation(&prompt());
    let mut reader = emulation.reader();
    let mut out = Events::default();
    let citation = Citation { number: 1, url: "https://example.com".to_owned() };
    reader.push(Event::Text("see <tool_"), &mut out);
    reader.push(Event::Citation(&citation), &mut out);
    reader.push(Event::Text("box>"), &mut out);
    assert_eq!(reader.finish(false, &mut out), Ok(Finish::Stop));
    let expected = [Event::Text("see <tool_"), Event::Citation(&citation), Event::Text("box>")];
    assert_eq!(out.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn json_that_was_cut_ends_with_length() {
    let emulation = emulation(&formatted(json!({"type": "object", "required": ["b"]}), true));
    let half = read(&emulation, ["Here: {\"a\": \"x"], true);
    assert_eq!((half.text.as_str(), half.end), ("{\"a\": \"x", Some(Ok(Finish::Length))));
}

#[test]
fn unmarked_calls_that_were_cut_are_not_closed() {
    let half = UNMARKED.strip_suffix("}\n</tool_call>").expect("the end");
    let emulation = emulation(&prompt());
    assert_eq!(read(&emulation, [half], false).calls, [PARIS]);
    let cut = read(&emulation, [half], true);
    assert_eq!((cut.text.as_str(), cut.calls.len(), cut.end), (half, 0, Some(Ok(Finish::Length))));
}

#[test]
fn json_has_a_limit_of_depth_and_of_length() {
    let prompt = formatted(json!({}), true);
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(read_one(&prompt, &deep(64)).end, Some(Ok(Finish::Stop)));
    let too_deep = read_one(&prompt, &deep(66));
    assert_eq!(too_deep.end, fault("invalid_structured_output", "the JSON is nested too deep."));
    let long = |length: usize| format!("\"{}\"", "x".repeat(length));
    assert_eq!(read_one(&prompt, &long((1 << 20) - 2)).end, Some(Ok(Finish::Stop)));
    let too_long = fault("invalid_structured_output", "the answer is longer than 1048576 bytes.");
    assert_eq!(read_one(&prompt, &long(1 << 20)).end, too_long);
    let call = format!("<tool_call_MARK name=\"get_weather\">{{\"city\": {}}}</tool_call_MARK>", deep(70));
    let message = "the arguments of `get_weather` are nested too deep.";
    assert_eq!(read_one(&super::prompt(), &call).end, fault("invalid_tool_call", message));
}

#[test]
fn any_object_is_enough_without_a_schema() {
    let prompt = Prompt { tools: Vec::new(), format: OutputFormat::JsonObject, ..prompt() };
    assert_eq!(read_one(&prompt, "```json\n{\"b\": 1, \"a\": 2}\n```").text, "{\"b\":1,\"a\":2}");
    let list = read_one(&prompt, "[1, 2]");
    assert_eq!(list.end, fault("invalid_structured_output", "the JSON is not an object."));
    let words = read_one(&prompt, "No.");
    assert_eq!(words.end, fault("invalid_structured_output", "the answer holds no JSON."));
}

#[test]
fn repairs_give_calls_and_json_alone() {
    let call = "Sorry! <tool_call_MARK name=\"get_weather\">{\"city\": \"Paris\"}</tool_call_MARK> Better?";
    let read = repaired(&prompt(), call);
    assert_eq!((read.text.as_str(), read.calls.as_slice()), ("", [PARIS.to_owned()].as_slice()));
    assert_eq!(code(&repaired(&prompt(), "Sorry!")), "tool_call_missing");
    let schema = json!({"type": "object", "required": ["n"]});
    let answer = "Sorry! {\"m\": 1}";
    assert_eq!(code(&repaired(&formatted(schema.clone(), true), answer)), "invalid_structured_output");
    // Without `strict` a client gets what there is, at the second try.
    assert_eq!(code(&read_one(&formatted(schema.clone(), false), answer)), "invalid_structured_output");
    assert_eq!(repaired(&formatted(schema, false), answer).text, "{\"m\":1}");
}

#[test]
fn ids_are_unique_in_the_dialogue() {
    let ids = |prompt: &Prompt| -> Vec<String> {
        let emulation = emulation(prompt);
        let call = marked(&emulation, "<tool_call_MARK name=\"apply_patch\">x</tool_call_MARK>");
        let mut ids = Vec::new();
        for mut reader in [emulation.reader(), emulation.repair_reader()] {
            let mut out = Events::default();
            reader.push(Event::Text(&call.repeat(2)), &mut out);
            assert_eq!(reader.finish(false, &mut out), Ok(Finish::ToolCalls));
            ids.extend(out.iter().filter_map(|event| match event {
                Event::ToolCallStart(start) => Some(start.id.clone()),
                _ => None,
            }));
        }
        ids
    };
    let first = ids(&prompt());
    let distinct: std::collections::BTreeSet<_> = first.iter().collect();
    assert_eq!(distinct.len(), 4);
    assert!(first.iter().all(|id| id.len() == 29 && id.starts_with("call_")));
    assert_eq!(ids(&prompt()), first);
    let earlier = ToolCall { id: first[0].clone(), name: "apply_patch".to_owned(), input: "x".to_owned() };
    let message = Message { role: Role::Assistant, parts: vec![Part::ToolCall(earlier)] };
    let mut later = prompt();
    later.messages.push(message);
    assert!(!ids(&later).contains(&first[0]));
}

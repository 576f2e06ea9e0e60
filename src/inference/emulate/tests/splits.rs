//! Where an answer is cut into pieces makes no difference, and ordinary text never waits.

use super::super::super::event::Citation;
use super::*;

/// Text that begins like calls, and is none.
const ORDINARY: [&str; 14] = [
    "Plain words, and more of them. Ünïcödé — 漢字 🎉\n",
    "if a < b && c[0] > d { return x[1]; }\n",
    "[a link](https://example.com) and [1] a footnote\n[tools](x) <b>bold</b>\n",
    "```rust\nfn main() { println!(\"<tool_call>\"); }\n```\nThat was it.\n",
    "```xml\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>\n```\nis what Qwen writes.\n",
    "```json\n{\"name\": \"my-package\", \"version\": \"1.0.0\"}\n```\n",
    "{\"name\": \"Ann\", \"age\": 3}\n[{\"name\": \"Bob\"}]\n",
    "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>\nis what Qwen writes.\n",
    "Action: none\nAction is what counts. A\n",
    "<function name=\"f\">\n</function> is XML.\n<channel><item/></channel>\n",
    "<tool_call_xxxxx name=\"get_weather\">{}</tool_call_xxxxx>\n",
    "<<<<<[[[[[```` ``` `\n`````\n",
    "<xai:tool_usage_card>\n<xai:tool_name>web_search</xai:tool_name>\n</xai:tool_usage_card>\n",
    "<xai:function_call name=\"web_search\">\n<parameter name=\"query\">x</parameter>\n</xai:function_call>\n",
];

/// A generator of numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (super::super::mix(self.0) % below as u64) as usize
    }
}

/// Returns the answers of the corpus, ordinary texts, and mixtures of them.
fn answers(emulation: &Emulation, numbers: &mut Numbers) -> Vec<String> {
    let real = || corpus::marked::ANSWERS.iter().chain(corpus::unmarked::ANSWERS).map(|answer| answer.text);
    let all: Vec<&str> = real().chain(ORDINARY).collect();
    let mut answers: Vec<String> = all.iter().map(|text| (*text).to_owned()).collect();
    for _ in 0..60 {
        let parts = (0..1 + numbers.next(4)).map(|_| all[numbers.next(all.len())]);
        answers.push(parts.collect::<Vec<_>>().join(["", "\n", " ", "\n\n"][numbers.next(4)]));
    }
    answers.iter().map(|answer| marked(emulation, answer)).collect()
}

/// Returns the events of an answer in words. `pieces` are the ends of its pieces; a citation comes at `cited`.
fn events_of(emulation: &Emulation, answer: &str, pieces: &[usize], cited: Option<usize>, cut: bool) -> Vec<String> {
    let mut reader = emulation.reader();
    let mut out = Events::default();
    let citation = Citation { number: 1, url: "https://example.com".to_owned() };
    let mut from = 0;
    for end in pieces.iter().copied().chain(cited).chain([answer.len()]).collect::<std::collections::BTreeSet<_>>() {
        if end > from {
            reader.push(Event::Text(&answer[from..end]), &mut out);
            from = end;
        }
        if cited == Some(end) {
            reader.push(Event::Citation(&citation), &mut out);
        }
    }
    let end = reader.finish(cut, &mut out);
    let words = out.iter().map(|event| match event {
        // Ids differ by nothing but the request.
        Event::ToolCallStart(start) => format!("call {}", start.name),
        other => format!("{other:?}"),
    });
    words.chain([format!("{end:?}")]).collect()
}

#[test]
fn any_split_of_any_answer_gives_the_same_events() {
    let emulation = emulation(&corpus::prompt());
    let mut numbers = Numbers(1);
    let alone = corpus::marked::ANSWERS.len() + corpus::unmarked::ANSWERS.len() + ORDINARY.len();
    for (number, answer) in answers(&emulation, &mut numbers).into_iter().enumerate() {
        let ends: Vec<usize> = (0..answer.len()).filter(|at| answer.is_char_boundary(*at)).collect();
        for cut in [false, true] {
            let cited = ends[numbers.next(ends.len())];
            let whole = [None, Some(cited)].map(|cited| events_of(&emulation, &answer, &[], cited, cut));
            let check = |pieces: &[usize]| {
                assert_eq!(events_of(&emulation, &answer, pieces, None, cut), whole[0], "{answer:?} at {pieces:?}");
                assert_eq!(
                    events_of(&emulation, &answer, pieces, Some(cited), cut),
                    whole[1],
                    "{answer:?} at {pieces:?}"
                );
            };
            check(&ends);
            // Of mixtures there are enough without each split.
            ends.iter().filter(|_| number < alone && !cut).for_each(|end| check(&[*end]));
            for _ in 0..8 {
                let pieces: Vec<usize> = ends.iter().copied().filter(|_| numbers.next(5) == 0).collect();
                check(&pieces);
            }
        }
    }
}

#[test]
fn ordinary_text_comes_out_as_it_is() {
    let emulation = emulation(&corpus::prompt());
    for text in ORDINARY {
        if text.starts_with("<xai:function_call") {
            continue;
        }
        let more = format!("{text}and more");
        for text in [text, &more] {
            let read = read(&emulation, text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()]), false);
            assert_eq!(read, Read { text: text.to_owned(), end: Some(Ok(Finish::Stop)), ..Read::default() });
        }
    }
}

#[test]
fn text_leaves_in_the_push_in_which_it_came() {
    let emulation = emulation(&corpus::prompt());
    let plain = "Some words. 2 < 3, a[1] = 4; `x` and {y}: ünïcödé\n\n- one\n- two\n# Title\n| a | b |\n";
    let call = marked(&emulation, "<tool_call_MARK name=\"list_files\">{}</tool_call_MARK>");
    let mut reader = emulation.reader();
    let mut came = String::new();
    let mut out = Events::default();
    let text_of = |out: &Events| -> String {
        out.iter().map(|event| if let Event::Text(text) = event { text } else { panic!("{event:?}") }).collect()
    };
    for (at, c) in plain.char_indices() {
        reader.push(Event::Text(&plain[at..at + c.len_utf8()]), &mut out);
        came.push(c);
        // What could begin a tag is certain with its next character.
        let certain = came.strip_suffix(['<', '[']).unwrap_or(&came);
        assert_eq!(text_of(&out), certain);
    }
    // Text goes out in one push with the beginning of a call.
    reader.push(Event::Text(&format!("Now:{}", &call[..9])), &mut out);
    assert_eq!(text_of(&out), format!("{plain}Now:"));
    reader.push(Event::Text(&call[9..]), &mut out);
    assert_eq!(reader.finish(false, &mut out), Ok(Finish::ToolCalls));
}

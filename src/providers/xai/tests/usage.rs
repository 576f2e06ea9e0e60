//! What an answer used, as the API counts it, or by the prices that are known.

use super::*;

/// Returns what an answer used whose last event has this usage.
fn used(model: &str, usage: Value) -> Option<Usage> {
    let mut end = completed();
    end["response"]["usage"] = usage;
    let body = stream([delta(0, "four words are this"), end]);
    Api::new(move |_| Answer::new(200, body.clone())).ask(model, question("hello world")).usage
}

#[test]
fn the_usage_is_the_apis() {
    let said = Api::new(|_| hello()).ask("grok-4.3", question("hi"));
    let expected = Usage {
        prompt_tokens: 197,
        cached_tokens: Some(192),
        completion_tokens: 199,
        reasoning_tokens: Some(198),
        cost: 5_421_500,
    };
    assert_eq!(said.usage, Some(expected));
}

#[test]
fn a_cost_that_is_not_reported_is_the_price() {
    let counted = json!({ "input_tokens": 1_000, "output_tokens": 10, "num_server_side_tools_used": 2 });
    let usage = used("grok-4.6", counted).expect("it is known");
    assert_eq!((usage.cached_tokens, usage.reasoning_tokens), (None, None));
    assert_eq!(usage.cost, 1_000 * 20_000 + 10 * 60_000 + 2 * 50_000_000);
}

#[test]
fn a_usage_that_is_not_reported_is_an_estimate() {
    let prompt = question("hello world").tokens();
    for nothing in [Value::Null, json!("x")] {
        let usage = used("grok-4.3", nothing).expect("it is estimated");
        assert_eq!((usage.prompt_tokens, usage.completion_tokens), (prompt, 5));
        assert_eq!(usage.cost, prompt * 12_500 + 5 * 25_000);
    }
}

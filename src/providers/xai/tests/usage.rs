//! What an answer used, as the API counts it, or by the prices that are known.

use super::*;
use crate::money::MOST_TICKS;

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
fn numbers_that_cannot_be_true_count_as_not_reported() {
    let prompt = question("hello world").tokens();
    for wrong in [json!(-1), json!(1e300), json!(9_007_199_254_740_993_u64), json!("9007199254740993")] {
        let usage = json!({ "input_tokens": wrong, "output_tokens": wrong, "num_server_side_tools_used": wrong,
            "input_tokens_details": { "cached_tokens": wrong }, "output_tokens_details": { "reasoning_tokens": wrong },
            "cost_in_usd_ticks": wrong });
        let cost = prompt * 12_500 + 5 * 25_000;
        assert_eq!(used("grok-4.3", usage), Some(Usage { cost, ..Usage::estimated(prompt, 5) }), "{wrong}");
    }
    let most = json!({ "input_tokens": 1, "output_tokens": 1, "num_server_side_tools_used": u32::MAX });
    assert_eq!(used("grok-4.3", most).map(|usage| usage.cost), Some(MOST_TICKS));
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

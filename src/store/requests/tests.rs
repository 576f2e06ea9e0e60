//! Tests of the statement that ends a request, on real SQLite.

use std::{rc::Rc, time::Duration};

use super::*;
use crate::{
    error::ErrorKind,
    host::{
        Host,
        native::{NativeHost, START},
    },
    providers::catalog::QuotaBucket,
    store::{
        authenticate::authenticate,
        schema::{MIGRATIONS, tests::older},
    },
};

fn finished(model: &str, error_code: &str, outcome: Option<AccountOutcome>) -> FinishedRequest {
    FinishedRequest {
        learned: Learned::default(),
        request_id: "req_1".to_owned(),
        ip: "192.0.2.9".to_owned(),
        key_id: 7,
        key_name: "laptop".to_owned(),
        model: model.to_owned(),
        stream: true,
        status: if error_code.is_empty() { 200 } else { 502 },
        error_code: error_code.to_owned(),
        error: error_code.to_owned(),
        duration_ms: 1_000,
        first_byte_ms: error_code.is_empty().then_some(400),
        attempts: 1,
        prompt_tokens: 10,
        completion_tokens: 20,
        cost: 0,
        at: START,
        outcome,
    }
}

fn outcome_of(account_id: i64, bucket: QuotaBucket, effect: Effect) -> AccountOutcome {
    let suffix = "abcdef".to_owned();
    let used = Used { account_id, suffix, bucket, remaining: None, until: None, held: 0, key_id: 0 };
    AccountOutcome { at: START, used, effect }
}

/// A database with one account that has 3 requests left in the mode fast, and 2 in the mode heavy.
fn host() -> Rc<NativeHost> {
    let host = NativeHost::new();
    let db = host.app().db.clone();
    host.run(async move { super::super::schema::migrate(&db).await }).expect("an empty database takes the schema");
    host.sql(
        "INSERT INTO tokens (id, hash, sealed, suffix, token_type, created_at) VALUES (1, 'h', 'x', 'abcdef', 'ssoSuper', 0)",
        vec![],
    );
    for (mode, left) in [("fast", 3), ("heavy", 2)] {
        host.sql(
            "INSERT INTO account_quotas (account_id, bucket, remaining, total, until) VALUES (1, ?, ?, 9, ? + 1000)",
            vec![mode.into(), left.into(), START.into()],
        );
    }
    host
}

fn write(host: &Rc<NativeHost>, finished: FinishedRequest) {
    host.statements.borrow_mut().clear();
    let db = host.app().db.clone();
    host.run(async move { finish(&db, &finished, 480).await }).expect("it is written");
    assert_eq!(host.statements.borrow().len(), 1, "one round trip");
}

fn spend(cost: i64) -> Effect {
    Effect { spent: cost, strike: -1, ..Effect::default() }
}

#[test]
fn requests_of_one_millisecond_have_separate_rows() {
    let host = host();
    for doubles in [false, true] {
        host.doubles.set(doubles);
        for _ in 0..20 {
            write(&host, finished("grok-4", "", None));
        }
    }
    assert_eq!(host.number("SELECT count(*) FROM request_logs WHERE id / 2048 = 1769673600000"), 40);
    assert_eq!(host.number("SELECT count(*) FROM request_logs WHERE token_id IS NULL AND token_suffix = ''"), 40);
}

#[test]
fn counters_add_up_by_local_hour_model_key_and_error() {
    let host = host();
    for (model, error_code) in [("grok-4", ""), ("grok-4", ""), ("grok-3-fast", ""), ("grok-4", "upstream_error")] {
        write(&host, finished(model, error_code, None));
    }
    assert_eq!(host.number("SELECT count(*) FROM request_stats"), 3);
    let sums = "SELECT requests * 1000000 + duration_ms * 100 + first_bytes * 10 + completion_tokens / 20
        FROM request_stats WHERE model = 'grok-4' AND key_id = 7 AND error_code = ";
    assert_eq!(host.number(&format!("{sums}''")), 2_000_000 + 200_000 + 20 + 2);
    assert_eq!(host.number(&format!("{sums}'upstream_error'")), 1_000_000 + 100_000 + 1);
    // 08:00 UTC is 16:00 at UTC+8.
    assert_eq!(host.number("SELECT DISTINCT hour % 24 FROM request_stats"), 16);
}

#[test]
fn a_request_spends_the_quota_of_its_bucket_down_to_0() {
    let host = host();
    let of = |mode| host.number(&format!("SELECT remaining FROM account_quotas WHERE bucket = '{mode}'"));
    for (bucket, cost, expected) in [
        (QuotaBucket::Fast, 1, (2, 2)),
        (QuotaBucket::Heavy, 1, (2, 1)),
        (QuotaBucket::Fast, 4, (0, 1)),
        (QuotaBucket::Heavy, 1, (0, 0)),
    ] {
        write(&host, finished("grok-4", "", Some(outcome_of(1, bucket, spend(cost)))));
        assert_eq!((of("fast"), of("heavy")), expected);
    }
    assert_eq!(host.number("SELECT blocked FROM tokens"), 2 + 8);
    assert_eq!(host.number("SELECT count(*) FROM request_logs WHERE token_id = 1 AND token_suffix = 'abcdef'"), 4);
}

#[test]
fn the_effect_on_a_deleted_account_is_ignored() {
    let host = host();
    let cooled = Effect { cool_until: START + 1000, reason: "429".to_owned(), ..Effect::default() };
    host.sql("DELETE FROM tokens", vec![]);
    write(&host, finished("grok-4", "rate_limit_exceeded", Some(outcome_of(1, QuotaBucket::Fast, cooled))));
    assert_eq!(host.number("SELECT count(*) FROM request_logs"), 1);
    assert_eq!(host.number("SELECT count(*) FROM account_quotas"), 0);
}

#[test]
fn cooldowns_never_get_shorter_and_go_with_their_account() {
    let host = host();
    for (ends, expected) in [(5_000, 5_000), (9_000, 9_000), (7_000, 9_000)] {
        let cooled = Effect { cool_until: START + ends, ..Effect::default() };
        write(&host, finished("grok-4", "x", Some(outcome_of(1, QuotaBucket::Fast, cooled))));
        assert_eq!(host.number("SELECT cool_until FROM account_quotas WHERE bucket = 'fast'"), START + expected);
    }
    host.sql("DELETE FROM tokens", vec![]);
    assert_eq!(host.number("SELECT count(*) FROM account_quotas"), 0);
}

#[test]
fn the_log_is_read_page_by_page() {
    let host = host();
    for _ in 0..5 {
        write(&host, finished("grok-4", "", None));
    }
    let db = host.app().db.clone();
    let (first, second) = host.run(async move {
        let first = list(&db, &Filter::default(), 3).await.expect("it is read");
        let before = first.last().and_then(|entry| entry.id.parse().ok());
        (first, list(&db, &Filter { before, ..Filter::default() }, 3).await.expect("it is read"))
    });
    let ids: Vec<_> = first.iter().chain(&second).map(|entry| entry.id.as_str()).collect();
    let expected: Vec<_> = (0..5).rev().map(|n| (START * 2048 + n).to_string()).collect();
    assert_eq!(ids, expected);
}

#[test]
fn no_row_is_lost_while_requests_upgrade_the_database() {
    const REQUESTS: u64 = 40;
    for count in 1..MIGRATIONS.len() {
        let host = older(count);
        host.query_delay.set(Duration::from_millis(10));
        let requests: Vec<_> = (0..REQUESTS)
            .map(|nth| {
                let host = host.clone();
                async move {
                    host.sleep(Duration::from_millis(nth * 25)).await;
                    let db = host.app().db.clone();
                    let refused = authenticate(&db, "unknown", START).await.err().expect("the key is not valid");
                    assert_eq!(refused.kind, ErrorKind::InvalidKey, "request {nth}, {count}: {refused}");
                    finish(&db, &finished("grok-4", "", None), 480).await
                }
            })
            .collect();
        for (nth, written) in host.run(futures::future::join_all(requests)).into_iter().enumerate() {
            written.unwrap_or_else(|e| panic!("request {nth}, {count}: {e}"));
        }
        assert_eq!(host.number("SELECT count(*) FROM request_logs"), REQUESTS as i64, "{count}");
    }
}

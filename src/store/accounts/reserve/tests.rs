//! Tests of the choice, on real SQLite.

use std::rc::Rc;

use super::*;
use crate::{
    host::native::{NativeHost, START},
    pool::outcome::{Effect, Used},
    providers::catalog as models,
    store::requests::{self, AccountOutcome},
};

mod budget;
mod facts;
mod types;

const HOUR: i64 = 3_600_000;

/// A pool with one API key, at a time that tests advance.
struct Pool {
    host: Rc<NativeHost>,
    key: String,
    now: i64,
}

/// Returns the first way to an answer of this model.
fn first_route(model: &models::Model) -> Route {
    model.routes().remove(0)
}

impl Pool {
    fn new() -> Self {
        let host = NativeHost::new();
        let db = host.app().db.clone();
        host.run(async move { schema::migrate(&db).await }).expect("an empty database takes the schema");
        let key = "key".to_owned();
        host.sql(
            "INSERT INTO api_keys (id, hash, display, name, created_at) VALUES (7, 'key', '', 'laptop', 0)",
            vec![],
        );
        Pool { host, key, now: START }
    }

    /// Returns a pool of accounts that were read as Basic, then as Super, with ids from 1.
    fn of(basic: i64, super_: i64) -> Self {
        let pool = Pool::new();
        (0..basic).for_each(|_| {
            pool.add("sso");
        });
        (0..super_).for_each(|_| {
            pool.add("ssoSuper");
        });
        pool
    }

    /// Adds an account that was read, without the modes that its type lacks.
    fn add(&self, read_type: &str) -> i64 {
        let id = self.add_unread("sso");
        let lacking = match read_type {
            "sso" => &["expert", "heavy"][..],
            "ssoSuper" => &["heavy"],
            _ => &[],
        };
        let quotas: Vec<_> =
            lacking.iter().map(|mode| serde_json::json!({ "bucket": mode, "remaining": 0, "total": 0 })).collect();
        self.read(id, read_type, serde_json::Value::from(quotas));
        id
    }

    /// Adds an account that a person calls so.
    fn add_unread(&self, token_type: &str) -> i64 {
        self.host.sql(
            "INSERT INTO tokens (hash, sealed, suffix, token_type, created_at)
             SELECT 'h' || (count(*) + 1), 'clear', 'suffix', ?, 0 FROM tokens",
            vec![token_type.into()],
        );
        self.host.number("SELECT max(id) FROM tokens")
    }

    fn read(&self, id: i64, read_type: &str, quotas: serde_json::Value) {
        self.host.sql(
            "INSERT INTO account_readings (account_id, at, outcome, reason, user_id, read_type, quotas, began, due,
               by_operator, rest_until)
             VALUES (?1, ?2, 'ok', '', '', ?3, ?4, ?2, ?5, 1, ?2 + 3600000)",
            vec![
                id.into(),
                self.now.into(),
                read_type.into(),
                quotas.to_string().into(),
                (self.now + 24 * HOUR).into(),
            ],
        );
    }

    fn ask(&self, model: &str, tried: &[i64]) -> Result<Reserved> {
        let (db, key, tried, now) = (self.host.app().db.clone(), self.key.clone(), tried.to_vec(), self.now);
        let model = models::find(model).expect("the model exists");
        let route = first_route(&model);
        let ask = async move {
            let ask = Ask { key_hash: &key, route: &route, hold: None, tried: &tried, preferred: None, now };
            reserve(&db, &ask, None).await
        };
        self.host.run(ask)
    }

    /// Returns the id of the reserved account, or when one will be usable.
    fn take(&self, model: &str) -> Result<i64, Option<i64>> {
        self.take_but(model, &[])
    }

    fn take_but(&self, model: &str, tried: &[i64]) -> Result<i64, Option<i64>> {
        match self.ask(model, tried).expect("the key is good") {
            Reserved::Account(reservation) => Ok(reservation.token.id),
            Reserved::None(refusal) => Err(refusal.free.first_at),
        }
    }

    fn takes(&self, model: &str, times: usize) -> Vec<i64> {
        (0..times).map(|_| self.take(model).expect("a token is usable")).collect()
    }

    fn outcome(&self, account_id: i64, model: &str, effect: Effect) {
        let model = models::find(model).expect("the model exists");
        let used = Used {
            account_id,
            suffix: String::new(),
            bucket: model.bucket,
            remaining: None,
            until: None,
            held: 0,
            key_id: 0,
        };
        let (db, outcome) = (self.host.app().db.clone(), AccountOutcome { at: self.now, used, effect });
        self.host.run(async move { requests::outcome(&db, &outcome).await }).expect("it is written");
    }

    fn cool(&self, token_id: i64, model: &str, hours: i64) {
        self.outcome(token_id, model, Effect { cool_until: self.now + hours * HOUR, ..Effect::default() });
    }

    fn quota(&self, id: i64, mode: &str, remaining: i64, hours: i64) {
        let quota = serde_json::json!({ "bucket": mode, "remaining": remaining, "total": 50, "until": self.now + hours * HOUR });
        self.read(id, "", serde_json::Value::from(vec![quota]));
    }

    fn remaining(&self, id: i64, mode: &str) -> i64 {
        self.host.number(&format!("SELECT remaining FROM account_quotas WHERE account_id = {id} AND bucket = '{mode}'"))
    }

    fn not_granted(&self, model: &str) -> bool {
        match self.ask(model, &[]).expect("the key is good") {
            Reserved::Account(_) => panic!("an account serves"),
            Reserved::None(refusal) => refusal.free.not_granted,
        }
    }
}

fn spent() -> Effect {
    Effect { spent: 1, ..Effect::default() }
}

#[test]
fn a_reservation_has_all_that_a_request_needs() {
    let pool = Pool::of(1, 0);
    pool.quota(1, "auto", 7, 20);
    pool.host.sql("INSERT INTO settings VALUES ('grok', '{\"temporary\":false}')", vec![]);
    pool.host.statements.borrow_mut().clear();
    let Ok(Reserved::Account(found)) = pool.ask("grok-4", &[]) else { panic!("it is usable") };
    assert_eq!(found.caller, ApiCaller { key_id: 7, key_name: "laptop".to_owned() });
    assert!(!found.settings.grok.temporary);
    assert_eq!((found.token.remaining, found.token.until), (Some(7), Some(START + 20 * HOUR)));
    assert_eq!((found.maintenance_due, found.reading_due), (true, false));
    assert_eq!(pool.host.statements.borrow().len(), 1);
}

#[test]
fn requests_spread_evenly_over_usable_accounts() {
    let pool = Pool::of(5, 3);
    assert_eq!(pool.takes("grok-4", 10), [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
    pool.cool(2, "grok-4", 1);
    pool.quota(4, "auto", 0, 20);
    assert_eq!(pool.takes("grok-4", 6), [1, 3, 5, 1, 3, 5]);
    assert_eq!(pool.takes("grok-4-expert", 4), [6, 7, 8, 6], "those that have the mode");
    for id in 6..=8 {
        pool.cool(id, "grok-4-expert", 1);
    }
    assert_eq!(pool.take("grok-4-expert"), Err(Some(START + HOUR)));
    assert_eq!(pool.takes("grok-fast", 5), [2, 4, 1, 3, 5], "another mode does not rest");
}

#[test]
fn an_error_skips_an_account_for_five_reservations() {
    let pool = Pool::of(2, 0);
    assert_eq!(pool.takes("grok-4", 2), [1, 2]);
    pool.outcome(1, "grok-4", Effect { skip: 5, ..Effect::default() });
    assert_eq!(pool.takes("grok-4", 7), [2, 2, 2, 2, 2, 1, 2]);
}

#[test]
fn skipping_an_account_is_a_preference() {
    let pool = Pool::of(1, 1);
    pool.take("grok-4").expect("it is usable");
    pool.outcome(1, "grok-4", Effect { skip: 5, ..Effect::default() });
    assert_eq!(pool.take("grok-4"), Ok(2), "a Super account precedes a skipped Basic one");
    pool.outcome(2, "grok-4", Effect { skip: 5, ..Effect::default() });
    assert_eq!(pool.take("grok-4"), Ok(1));
    let alone = Pool::of(1, 0);
    alone.take("grok-4").expect("it is usable");
    alone.outcome(1, "grok-4", Effect { skip: 5, ..Effect::default() });
    assert_eq!(alone.take("grok-4"), Ok(1));
}

#[test]
fn a_cooldown_blocks_until_it_ends() {
    let mut pool = Pool::of(1, 0);
    pool.cool(1, "grok-4", 1);
    assert_eq!(pool.take("grok-4"), Err(Some(START + HOUR)));
    pool.now += HOUR - 1;
    assert_eq!(pool.take("grok-4"), Err(Some(START + HOUR)));
    pool.now += 1;
    assert_eq!(pool.take("grok-4"), Ok(1));
    assert_eq!(pool.host.number("SELECT blocked = 12 AND blocked_until IS NULL FROM tokens"), 1);
}

#[test]
fn a_quota_is_unknown_after_its_window() {
    let mut pool = Pool::of(1, 0);
    pool.quota(1, "auto", 3, 20);
    for left in [2, 1, 0] {
        pool.take("grok-4").expect("3 are left");
        pool.outcome(1, "grok-4", spent());
        assert_eq!(pool.remaining(1, "auto"), left);
    }
    assert_eq!(pool.take("grok-4"), Err(Some(START + 20 * HOUR)));
    assert_eq!(pool.take("grok-fast"), Ok(1), "each mode has its own");
    pool.now += 20 * HOUR;
    let Ok(Reserved::Account(found)) = pool.ask("grok-4", &[]) else { panic!("the window has ended") };
    assert_eq!((found.token.remaining, found.token.until), (None, None));
}

#[test]
fn a_used_up_account_waits_for_its_own_window() {
    let used_up = Effect { used_up: true, window_until: START + 20 * HOUR, ..Effect::default() };
    let pool = Pool::of(1, 0);
    pool.outcome(1, "grok-4", used_up.clone());
    assert_eq!(pool.take("grok-4"), Err(Some(START + 20 * HOUR)));
    let pool = Pool::of(2, 0);
    pool.quota(1, "auto", 9, 5);
    pool.outcome(1, "grok-4", used_up.clone());
    pool.outcome(2, "grok-4", used_up);
    assert_eq!(pool.take("grok-4"), Err(Some(START + 5 * HOUR)), "a known end of the window stands");
    assert_eq!(pool.take_but("grok-4", &[1]), Err(Some(START + 5 * HOUR)), "a tried account counts, too");
}

#[test]
fn a_reading_ends_rests_that_it_contradicts() {
    let pool = Pool::of(2, 0);
    pool.cool(1, "grok-4", 24);
    pool.cool(2, "grok-4", 24);
    pool.quota(1, "auto", 5, 24);
    assert_eq!(pool.take("grok-4"), Err(Some(START + HOUR)), "with quota left it rests for an hour at most");
    pool.quota(2, "auto", 0, 3);
    pool.host.sql("DELETE FROM tokens WHERE id = 1", vec![]);
    assert_eq!(pool.take("grok-4"), Err(Some(START + 3 * HOUR)), "with nothing left until its window ends");
}

#[test]
fn the_first_free_account_has_no_block_left() {
    let pool = Pool::of(2, 1);
    pool.cool(1, "grok-4", 1);
    pool.outcome(1, "grok-4", Effect { used_up: true, window_until: START + 20 * HOUR, ..Effect::default() });
    pool.cool(2, "grok-4", 10);
    pool.cool(2, "grok-3-fast", 1);
    pool.cool(3, "grok-4", 15);
    assert_eq!(pool.take("grok-4"), Err(Some(START + 10 * HOUR)));
}

#[test]
fn cooldowns_of_other_models_do_not_count() {
    let pool = Pool::of(2, 0);
    pool.cool(1, "grok-3-fast", 1);
    pool.cool(2, "grok-4", 10);
    assert_eq!(pool.take_but("grok-4", &[1]), Err(Some(START + 10 * HOUR)));
}

#[test]
fn a_request_does_not_get_an_account_twice() {
    let pool = Pool::of(3, 0);
    assert_eq!(pool.take_but("grok-4", &[1, 2]), Ok(3));
    assert_eq!(pool.take_but("grok-4", &[1, 2, 3]), Err(None));
    assert_eq!(Pool::of(12, 0).take_but("grok-4", &[1]), Ok(2), "1 is not in 12");
}

#[test]
fn two_strikes_expire_an_account_and_an_answer_clears_them() {
    let pool = Pool::of(1, 0);
    let state = || pool.host.number("SELECT state = 'expired' FROM tokens");
    let strike = |n| Effect { strike: n, ..Effect::default() };
    for (n, expired) in [(1, 0), (-1, 0), (1, 0), (1, 1)] {
        pool.outcome(1, "grok-4", strike(n));
        assert_eq!(state(), expired, "{n}");
    }
    assert_eq!(pool.take("grok-4"), Err(None));
    pool.quota(1, "auto", 80, 20);
    assert_eq!(pool.take("grok-4"), Ok(1));
}

#[test]
fn only_a_valid_key_reserves_an_account() {
    let mut pool = Pool::of(1, 0);
    pool.key = "other".to_owned();
    let refused = |pool: &Pool| pool.ask("grok-4", &[]).err().map(|error| error.code());
    assert_eq!(refused(&pool), Some("invalid_api_key"));
    pool.key = "key".to_owned();
    pool.host.sql("UPDATE api_keys SET is_active = 0", vec![]);
    assert_eq!(refused(&pool), Some("invalid_api_key"));
    assert_eq!(pool.host.number("SELECT turn FROM tokens"), 0);
}

#[test]
fn an_old_schema_is_migrated_and_a_newer_one_refused() {
    let pool = Pool::of(1, 0);
    pool.host.sql("DELETE FROM d1_migrations", vec![]);
    assert_eq!(pool.take("grok-4"), Ok(1));
    pool.host.sql("INSERT INTO d1_migrations (name) VALUES ('9999_later.sql')", vec![]);
    assert_eq!(pool.ask("grok-4", &[]).err().map(|error| error.code()), Some("database_newer"));
    let empty = NativeHost::new();
    let (db, key) = (empty.app().db.clone(), pool.key.clone());
    let model = models::find("grok-4").expect("it exists");
    let route = first_route(&model);
    let refused = empty.run(async move {
        let ask = Ask { key_hash: &key, route: &route, hold: None, tried: &[], preferred: None, now: START };
        reserve(&db, &ask, None).await
    });
    assert_eq!(refused.err().map(|error| error.code()), Some("invalid_api_key"), "an empty database serves");
}

#[test]
fn the_choice_scans_no_table() {
    let pool = Pool::of(3, 3);
    let plans = [(statement(), 10), (api::statement(), 14)];
    for row in plans.into_iter().flat_map(|(sql, params)| {
        pool.host.sql(&format!("EXPLAIN QUERY PLAN {sql}"), (0..params).map(Value::Integer).collect())
    }) {
        let Some(Value::Text(step)) = row.last() else { panic!("a plan is text") };
        let small = ["sets", "CONSTANT ROW", "16 CONSTANT ROWS", "near", "walk", "in_turn", "(subquery"];
        let scans = step.strip_prefix("SCAN ").is_some_and(|what| !small.iter().any(|name| what.starts_with(name)));
        assert!(!scans, "{step}");
    }
}

/// Blocks the chat modes of each account in one of the 16 ways, for a second.
fn block_in_all_ways(pool: &Pool) {
    for mode in ["auto", "fast", "expert", "heavy"] {
        pool.host.sql(
            "INSERT INTO account_outcomes (account_id, at, bucket, spent, used_up, window_until, not_granted, cool_until,
               skip, strike, read, reason)
             SELECT id, ?1, ?2, 0, 1, ?1 + 1000, 0, 0, 0, 0, 0, '' FROM tokens
              WHERE id >> (CASE ?2 WHEN 'auto' THEN 0 WHEN 'fast' THEN 1 WHEN 'expert' THEN 2 ELSE 3 END) & 1",
            vec![START.into(), mode.into()],
        );
    }
}

#[test]
fn the_cost_of_a_choice_does_not_grow_with_the_pool() {
    let cost = |size: i64| {
        let pool = Pool::new();
        (0..size).for_each(|_| {
            pool.add("ssoHeavy");
        });
        block_in_all_ways(&pool);
        ["grok-auto", "grok-fast", "grok-expert", "grok-heavy"].map(|model| {
            pool.take(model).expect("half of the accounts have it left");
            pool.host.steps.get()
        })
    };
    for (small, large) in cost(32).into_iter().zip(cost(2_000)) {
        assert!(large < small + small / 4, "{small} steps for 32 accounts, {large} for 2,000");
    }
}

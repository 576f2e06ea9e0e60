//! Tests of the choice, on real SQLite.

use std::rc::Rc;

use super::*;
use crate::{
    host::native::{NativeHost, START},
    pool::outcome::{Effect, Used},
    providers::catalog as models,
    store::requests::{self, AccountOutcome},
};

mod facts;

const HOUR: i64 = 3_600_000;

/// A pool with one API key, at a time that tests advance.
struct Pool {
    host: Rc<NativeHost>,
    key: String,
    now: i64,
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

    /// Returns a pool of Basic accounts, then Super accounts, with ids from 1.
    fn of(basic: i64, super_: i64) -> Self {
        let pool = Pool::new();
        for n in 0..basic + super_ {
            pool.add(if n < basic { "sso" } else { "ssoSuper" });
        }
        pool
    }

    fn add(&self, token_type: &str) {
        self.host.sql(
            "INSERT INTO tokens (hash, sealed, suffix, token_type, created_at)
             SELECT 'h' || (count(*) + 1), 'clear', 'suffix', ?, 0 FROM tokens",
            vec![token_type.into()],
        );
    }

    fn ask(&self, model: &str, tried: &[i64]) -> Result<Reserved> {
        let (db, key, tried, now) = (self.host.app().db.clone(), self.key.clone(), tried.to_vec(), self.now);
        let model = models::find(model).expect("the model exists");
        self.host.run(async move { reserve(&db, &Ask { key_hash: &key, model, tried: &tried, now }).await })
    }

    /// Returns the id of the reserved account, or when one will be usable.
    fn take(&self, model: &str) -> Result<i64, Option<i64>> {
        self.take_but(model, &[])
    }

    fn take_but(&self, model: &str, tried: &[i64]) -> Result<i64, Option<i64>> {
        match self.ask(model, tried).expect("the key is good") {
            Reserved::Account(reservation) => Ok(reservation.token.id),
            Reserved::None(refusal) => Err(refusal.cooling_until),
        }
    }

    fn takes(&self, model: &str, times: usize) -> Vec<i64> {
        (0..times).map(|_| self.take(model).expect("a token is usable")).collect()
    }

    fn outcome(&self, token_id: i64, model: &str, effect: Effect) {
        let model = models::find(model).expect("the model exists");
        let used = Used {
            token_id,
            suffix: String::new(),
            is_super: false,
            limit_name: model.limit_name,
            bucket: model.bucket,
            remaining: None,
        };
        let (db, outcome) = (self.host.app().db.clone(), AccountOutcome { at: self.now, used, effect });
        self.host.run(async move { requests::outcome(&db, &outcome).await }).expect("it is written");
    }

    fn cool(&self, token_id: i64, model: &str, hours: i64) {
        self.outcome(token_id, model, Effect { cool_until: self.now + hours * HOUR, ..Effect::default() });
    }

    fn quota(&self, token_id: i64, normal: Option<i64>, heavy: Option<i64>, hours: i64) {
        let until = self.now + hours * HOUR;
        self.host.sql(
            "INSERT INTO token_quotas (token_id, at, normal_remaining, normal_until, heavy_remaining, heavy_until)
             VALUES (?, ?, ?, ?, ?, ?)",
            vec![token_id.into(), self.now.into(), normal.into(), until.into(), heavy.into(), until.into()],
        );
    }

    fn remaining(&self, token_id: i64) -> Option<i64> {
        let row = self.host.sql("SELECT normal_remaining FROM tokens WHERE id = ?", vec![token_id.into()]).remove(0);
        Columns::new(row).optional_integer().expect("it is a number")
    }
}

const SPENT: Effect =
    Effect { spent: 1, drained: false, window_until: 0, cool_until: 0, skip: 0, strike: 0, reason: String::new() };

#[test]
fn a_reservation_has_all_that_a_request_needs() {
    let pool = Pool::of(1, 0);
    pool.quota(1, Some(80), None, 20);
    pool.host.sql("INSERT INTO settings VALUES ('grok', '{\"temporary\":false}')", vec![]);
    let Ok(Reserved::Account(found)) = pool.ask("grok-4", &[]) else { panic!("it is usable") };
    assert_eq!(found.caller, ApiCaller { key_id: 7, key_name: "laptop".to_owned() });
    assert!(!found.settings.grok.temporary);
    assert_eq!((found.token.remaining, found.token.is_super), (Some(80), false));
    assert_eq!(pool.host.statements.borrow().iter().filter(|sql| sql.starts_with("UPDATE")).count(), 1);
}

#[test]
fn requests_spread_evenly_over_usable_accounts() {
    let pool = Pool::of(5, 3);
    assert_eq!(pool.takes("grok-4", 10), [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
    pool.cool(2, "grok-4", 1);
    pool.quota(4, Some(3), None, 20);
    assert_eq!(pool.takes("grok-4", 8), [1, 3, 4, 5, 1, 3, 4, 5]);
    assert_eq!(pool.takes("grok-4-expert", 4), [6, 7, 8, 6], "Super ones first");
    for id in 6..=8 {
        pool.cool(id, "grok-4-expert", 1);
    }
    assert_eq!(pool.takes("grok-4-expert", 4), [2, 1, 3, 5], "then all others; another mode does not cool");
}

#[test]
fn basic_serves_before_super_and_heavy_needs_super() {
    let pool = Pool::of(2, 2);
    assert_eq!(pool.takes("grok-4-heavy", 3), [3, 4, 3]);
    assert_eq!(pool.takes("grok-4", 3), [1, 2, 1]);
    pool.quota(1, Some(0), None, 20);
    pool.cool(2, "grok-4", 1);
    assert_eq!(pool.takes("grok-4", 2), [4, 3]);
    pool.quota(3, Some(80), Some(0), 2);
    assert_eq!(pool.takes("grok-4-heavy", 2), [4, 4]);
    assert_eq!(Pool::of(2, 0).take("grok-4-heavy"), Err(None));
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
    assert_eq!(pool.host.number("SELECT bars = '' AND bars_until IS NULL FROM tokens"), 1);
}

#[test]
fn a_quota_is_unknown_after_its_window() {
    let mut pool = Pool::of(1, 0);
    pool.quota(1, Some(3), None, 20);
    assert_eq!(pool.take("grok-4-expert"), Err(Some(START + 20 * HOUR)));
    for left in [2, 1, 0] {
        pool.take("grok-4").expect("3 are left");
        pool.outcome(1, "grok-4", SPENT);
        assert_eq!(pool.remaining(1), Some(left));
    }
    assert_eq!(pool.take("grok-4"), Err(Some(START + 20 * HOUR)));
    pool.now += 20 * HOUR;
    let Ok(Reserved::Account(found)) = pool.ask("grok-4-expert", &[]) else { panic!("the window has ended") };
    assert_eq!(found.token.remaining, None);
}

#[test]
fn a_drained_account_waits_for_its_own_window() {
    let drained = Effect { drained: true, window_until: START + 20 * HOUR, ..Effect::default() };
    let pool = Pool::of(1, 0);
    pool.outcome(1, "grok-4", drained.clone());
    assert_eq!(pool.take("grok-4"), Err(Some(START + 20 * HOUR)));
    let pool = Pool::of(2, 0);
    pool.quota(1, Some(9), None, 5);
    pool.outcome(1, "grok-4", drained.clone());
    pool.outcome(2, "grok-4", drained);
    assert_eq!(pool.take("grok-4"), Err(Some(START + 5 * HOUR)), "a known end of the window stands");
    assert_eq!(pool.take_but("grok-4", &[1]), Err(Some(START + 5 * HOUR)), "a tried account counts, too");
}

#[test]
fn the_first_free_account_has_no_block_left() {
    let pool = Pool::of(2, 1);
    pool.cool(1, "grok-4", 1);
    pool.quota(1, Some(0), None, 20);
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
    pool.quota(1, Some(80), None, 20);
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
    let refused = empty.run(async move { reserve(&db, &Ask { key_hash: &key, model, tried: &[], now: START }).await });
    assert_eq!(refused.err().map(|error| error.code()), Some("invalid_api_key"), "an empty database serves");
}

#[test]
fn the_common_path_scans_no_table() {
    let pool = Pool::of(3, 3);
    for model in &models::MODELS {
        let plan = format!("EXPLAIN QUERY PLAN {}", statement(model));
        for row in pool.host.sql(&plan, (0..7).map(Value::Integer).collect()) {
            let Some(Value::Text(step)) = row.last() else { panic!("a plan is text") };
            let small = ["sets", "CONSTANT ROW", "nearest", "places"];
            let scans = step.strip_prefix("SCAN ").is_some_and(|what| !small.iter().any(|name| what.starts_with(name)));
            assert!(!scans, "{}: {step}", model.id);
        }
    }
}

#[test]
fn the_cost_of_a_choice_does_not_grow_with_the_pool() {
    let cost = |size: i64| {
        let pool = Pool::of(size, 10);
        pool.host.sql(
            "INSERT INTO token_outcomes (token_id, at, limit_name, bucket, spent, drained, window_until, cool_until,
               skip, strike, reason)
             SELECT id, ?1, 'auto', 'normal', 0, id % 3 = 1, ?1 + 1000, (id % 3 = 2) * (?1 + 1000), 0, 0, ''
               FROM tokens",
            vec![START.into()],
        );
        assert_eq!(pool.take("grok-4"), Ok(3));
        pool.host.steps.get()
    };
    let (small, large) = (cost(20), cost(2_000));
    assert!(large < small + small / 4, "{small} steps for 20 tokens, {large} for 2,000");
}

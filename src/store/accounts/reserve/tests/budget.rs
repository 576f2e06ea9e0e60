//! Keys of xAI's API: their own order, what is held of budgets, and when a budget is free again.

use super::*;
use crate::store::{accounts::reserve::Budget, requests::FinishedRequest};

const DAY: i64 = 24 * HOUR;
/// Each answer holds 10 for its prompt and 30 for its text.
const HELD: i64 = 40;

impl Pool {
    fn add_key(&self, daily_budget: Option<i64>) -> i64 {
        let id = self.add_unread("sso");
        self.host.sql(
            "UPDATE tokens SET read_type = 'xai', daily_budget = ?2 WHERE id = ?1",
            vec![id.into(), daily_budget.into()],
        );
        id
    }

    fn hold(&self) -> Hold {
        let day = self.now / DAY;
        Hold { prompt: 10, tokens: 15, per_token: 2, day, tomorrow: (day + 1) * DAY }
    }

    /// Reserves a key for an answer of the API.
    fn reserve_key(&self) -> Result<Box<Reservation>, Free> {
        let (db, key, now, hold) = (self.host.app().db.clone(), self.key.clone(), self.now, self.hold());
        let route = first_route(&models::find("xai/grok-4.7").expect("it may exist"));
        let reserved = self.host.run(async move {
            let ask = Ask { key_hash: &key, route: &route, hold: Some(hold), tried: &[], preferred: None, now };
            reserve(&db, &ask, None).await
        });
        match reserved.expect("the key is good") {
            Reserved::Account(reservation) => Ok(reservation),
            Reserved::None(refusal) => Err(refusal.free),
        }
    }

    fn used(&self, reservation: &Reservation) -> Used {
        Used {
            account_id: reservation.token.id,
            suffix: String::new(),
            bucket: QuotaBucket::Api,
            remaining: None,
            until: None,
            held: reservation.held,
            key_id: reservation.caller.key_id,
        }
    }

    /// Ends an answer that cost this.
    fn settle(&self, reservation: &Reservation, cost: u64) {
        let outcome = AccountOutcome { at: self.now, used: self.used(reservation), effect: Effect::default() };
        let finished = FinishedRequest {
            request_id: "req_1".to_owned(),
            ip: String::new(),
            key_id: 7,
            key_name: "laptop".to_owned(),
            model: "xai/grok-4.7".to_owned(),
            stream: false,
            status: 200,
            error_code: String::new(),
            error: String::new(),
            duration_ms: 1,
            first_byte_ms: None,
            attempts: 1,
            prompt_tokens: 1,
            completion_tokens: 1,
            cost,
            at: self.now,
            outcome: Some(outcome),
            learned: Default::default(),
        };
        let db = self.host.app().db.clone();
        self.host.run(async move { requests::finish(&db, &finished, 0).await }).expect("it is written");
    }

    fn number_of(&self, sql: &str) -> i64 {
        self.host.number(sql)
    }

    fn limit_the_key(&self, daily_budget: i64) {
        self.host.sql("UPDATE api_keys SET daily_budget = ?1 WHERE id = 7", vec![daily_budget.into()]);
    }
}

#[test]
fn accounts_and_keys_of_the_api_never_stand_in_for_each_other() {
    let pool = Pool::of(1, 0);
    let unread = pool.add_unread("ssoSuper");
    assert_eq!(pool.reserve_key().err(), Some(Free::default()));
    let key = pool.add_key(None);
    assert_eq!(pool.reserve_key().expect("it is usable").token.id, key);
    assert_eq!(pool.takes("grok-fast", 4), [1, 1, 1, 1]);
    assert_eq!(pool.take_but("grok-fast", &[1]), Ok(unread));
    assert_eq!(pool.take_but("grok-fast", &[1, unread]), Err(None));
}

#[test]
fn keys_take_turns_and_a_resting_one_is_left_alone() {
    let pool = Pool::new();
    let keys = [pool.add_key(None), pool.add_key(None)];
    let taken: Vec<i64> = (0..4).map(|_| pool.reserve_key().expect("one is usable").token.id).collect();
    assert_eq!(taken, [keys[0], keys[1], keys[0], keys[1]]);
    let end = pool.now + 60_000;
    pool.outcome(keys[0], "xai/grok-4.7", Effect { cool_until: end, ..Effect::default() });
    assert_eq!(pool.reserve_key().expect("one is usable").token.id, keys[1]);
    pool.outcome(keys[1], "xai/grok-4.7", Effect { cool_until: end + 1, ..Effect::default() });
    assert_eq!(pool.reserve_key().err(), Some(Free { first_at: Some(end), ..Free::default() }));
}

#[test]
fn what_runs_is_held_and_overshoots_by_one_answer_at_most() {
    for budget in [1, HELD, HELD + 1, 10 * HELD] {
        let mut pool = Pool::new();
        let key = pool.add_key(Some(budget));
        let running: Vec<_> = (0..64).map_while(|_| pool.reserve_key().ok()).collect();
        assert_eq!(running.len() as i64, (budget + HELD - 1) / HELD, "{budget}");
        let free = pool.reserve_key().err().expect("the budget is held");
        assert_eq!((free.over_budget, free.first_at), (Some(Budget::Accounts), Some(pool.now + 5_000)));
        // The answers cost as much as was held, or a fifth of it.
        running.iter().for_each(|reservation| pool.settle(reservation, HELD as u64 / 5));
        let sums = format!("SELECT held * 1000 + day_cost FROM tokens WHERE id = {key}");
        assert_eq!(pool.number_of(&sums), running.len() as i64 * HELD / 5, "{budget}");
        while let Ok(reservation) = pool.reserve_key() {
            pool.settle(&reservation, HELD as u64);
        }
        let spent = pool.number_of("SELECT day_cost FROM tokens");
        assert!((budget..budget + HELD).contains(&spent), "{spent} of {budget}");
        let tomorrow = pool.hold().tomorrow;
        let free = pool.reserve_key().err().expect("the budget is spent");
        assert_eq!((free.over_budget, free.first_at), (Some(Budget::Accounts), Some(tomorrow)), "rests until midnight");
        pool.now = tomorrow;
        assert!(pool.reserve_key().is_ok(), "a new day");
    }
}

#[test]
fn the_budget_of_a_clients_key_counts_over_all_accounts() {
    let mut pool = Pool::new();
    (0..2).for_each(|_| {
        pool.add_key(None);
    });
    pool.limit_the_key(2 * HELD);
    let running = [pool.reserve_key().expect("some is left"), pool.reserve_key().expect("some is left")];
    assert_eq!(pool.number_of("SELECT held FROM api_keys WHERE id = 7"), 2 * HELD);
    let free = pool.reserve_key().err().expect("the budget is held");
    assert_eq!((free.over_budget, free.first_at), (Some(Budget::Key), Some(pool.now + 5_000)));
    pool.settle(&running[0], 0);
    assert!(pool.reserve_key().is_ok(), "what an answer did not cost is free again");
    pool.settle(&running[1], 200);
    let free = pool.reserve_key().err().expect("the budget is spent");
    assert_eq!((free.over_budget, free.first_at), (Some(Budget::Key), Some(pool.hold().tomorrow)));
    pool.now += DAY;
    assert!(pool.reserve_key().is_ok(), "a new day");
}

#[test]
fn two_ways_are_the_same_in_either_order() {
    let free = |first_at, over_budget| Free { first_at, over_budget, ..Free::default() };
    let (nothing, rests) = (Free::default(), free(Some(5), None));
    let (not_granted, spent) = (Free { not_granted: true, ..nothing }, free(Some(9), Some(Budget::Accounts)));
    let of_key = free(Some(7), Some(Budget::Key));
    for (one, other, expected) in [
        (nothing, spent, spent),
        (not_granted, spent, spent),
        (rests, spent, rests),
        (spent, of_key, of_key),
        (nothing, rests, rests),
        (not_granted, not_granted, not_granted),
        (not_granted, nothing, nothing),
    ] {
        assert_eq!((one.or(other), other.or(one)), (expected, expected), "{one:?} {other:?}");
    }
}

#[test]
fn a_failed_attempt_holds_nothing() {
    let pool = Pool::new();
    pool.add_key(Some(HELD));
    pool.limit_the_key(HELD);
    for _ in 0..3 {
        let reservation = pool.reserve_key().expect("nothing is held");
        let outcome = AccountOutcome { at: pool.now, used: pool.used(&reservation), effect: Effect::default() };
        let db = pool.host.app().db.clone();
        pool.host.run(async move { requests::outcome(&db, &outcome).await }).expect("it is written");
    }
    assert_eq!(
        pool.number_of("SELECT sum(held) FROM (SELECT held FROM tokens UNION ALL SELECT held FROM api_keys)"),
        0
    );
}

#[test]
fn what_an_ended_instance_held_is_free_in_time() {
    let mut pool = Pool::new();
    pool.add_key(Some(HELD));
    drop(pool.reserve_key().expect("nothing is held"));
    assert!(pool.reserve_key().is_err());
    pool.now += KEEP_HELD;
    assert!(pool.reserve_key().is_ok());
}

#[test]
fn months_add_up_and_end() {
    let mut pool = Pool::new();
    pool.add_key(None);
    let month = |pool: &Pool| pool.number_of("SELECT month * 1000 + month_cost FROM tokens");
    for cost in [3, 4] {
        pool.settle(&pool.reserve_key().expect("no budget"), cost);
        pool.now += DAY;
    }
    // The test begins on 2026-01-29.
    assert_eq!(month(&pool), 202_601_007);
    pool.now += 3 * DAY;
    pool.settle(&pool.reserve_key().expect("no budget"), 5);
    assert_eq!(month(&pool), 202_602_005);
    assert_eq!(pool.number_of("SELECT sum(cost) FROM request_logs"), 12);
    assert_eq!(pool.number_of("SELECT sum(cost) FROM request_stats WHERE model = 'xai/grok-4.7'"), 12);
}

#[test]
fn the_setting_caps_the_estimate() {
    let pool = Pool::new();
    pool.add_key(None);
    let held = || pool.reserve_key().expect("no budget").held;
    assert_eq!(held(), HELD);
    pool.host.sql(
        "INSERT INTO settings (section, value) VALUES ('grok', '{\"xai_estimate_tokens\":5}')
         ON CONFLICT (section) DO UPDATE SET value = excluded.value",
        vec![],
    );
    assert_eq!(held(), 10 + 5 * 2);
}

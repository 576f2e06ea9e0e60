//! A property test: after any events, the choice is the one that the facts require.

use proptest::prelude::*;

use super::*;

/// An event in a pool.
#[derive(Debug, Clone)]
enum Event {
    Chat(&'static str),
    Outcome { token_id: i64, model: &'static str, effect: Effect },
    Refresh { token_id: i64, mode: &'static str, remaining: i64, hours: i64 },
    Wait { minutes: i64 },
}

fn event() -> impl Strategy<Value = Event> {
    let model = || prop::sample::select(models::MODELS.iter().map(|model| model.id).collect::<Vec<_>>());
    let effect =
        (0..3i64, 0..4i64, any::<bool>(), 0..6i64, -1..2i64).prop_map(|(spent, cool, drained, skip, strike)| {
            let (cool_until, window_until) = (if cool > 1 { START + cool * HOUR } else { 0 }, START + 3 * HOUR);
            // Most outcomes are successes. Otherwise all accounts would soon be expired.
            let strike = if skip == 5 { strike } else { -1 };
            let skip = if skip > 2 { skip } else { 0 };
            Effect { spent, used_up: drained && cool == 3, window_until, cool_until, skip, strike, ..Effect::default() }
        });
    prop_oneof![
        4 => model().prop_map(Event::Chat),
        2 => (1..9i64, model(), effect).prop_map(|(token_id, model, effect)| Event::Outcome { token_id, model, effect }),
        1 => (1..9i64, prop::sample::select(vec!["auto", "fast", "expert", "heavy"]), 0..4i64, 1..5i64)
            .prop_map(|(token_id, mode, remaining, hours)| Event::Refresh { token_id, mode, remaining, hours }),
        1 => (1..90i64).prop_map(|minutes| Event::Wait { minutes }),
    ]
}

/// Whether an account is skipped, its place among the ranks, its turn and id. Accounts are chosen in this order.
type Usable = (bool, i64, i64, i64);

/// Returns the usable accounts in order, and when the first blocked one is usable, read from the facts alone.
fn by_the_facts(pool: &Pool, model: &models::Model) -> (Vec<Usable>, Option<i64>) {
    const FACTS: &str = "SELECT t.skip_until > (SELECT max(turn) FROM tokens), instr(?4, t.precedence), t.turn, t.id,
           coalesce(q.total = 0, 0), max(coalesce(q.cool_until, 0), iif(coalesce(q.remaining < ?2, 0), coalesce(q.until, 0), 0))
      FROM tokens t LEFT JOIN account_quotas q ON q.account_id = t.id AND q.bucket = ?1 WHERE state = 'active' AND ?3 > 0";
    let cost = i64::from(model.cost);
    let ranks = ranks(model.bucket.needs());
    let rows = pool.host.sql(FACTS, vec![model.bucket.name().into(), cost.into(), pool.now.into(), ranks.into()]);
    let mut usable = Vec::new();
    let mut first_free = None;
    for mut row in rows.into_iter().map(Columns::new) {
        let skipped = row.flag().unwrap();
        let found = (skipped, row.integer().unwrap(), row.integer().unwrap(), row.integer().unwrap());
        let (lacks, free_at) = (row.flag().unwrap(), row.integer().unwrap());
        match free_at <= pool.now {
            _ if lacks || found.1 == 0 => {}
            true => usable.push(found),
            false => first_free = Some(first_free.map_or(free_at, |first: i64| first.min(free_at))),
        }
    }
    usable.sort();
    (usable, first_free)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// With more than [`NEAR`] accounts whose blocks have ended, only the turn may differ from the expected choice.
    #[test]
    fn the_choice_follows_the_facts(
        basic in 0..6i64,
        super_ in 0..4i64,
        heavy in 0..2i64,
        unread in 0..3i64,
        doubles in any::<bool>(),
        events in prop::collection::vec(event(), 1..60),
    ) {
        let mut pool = Pool::of(basic, super_);
        (0..heavy).for_each(|_| _ = pool.add("ssoHeavy"));
        (0..unread).for_each(|n| _ = pool.add_unread(if n == 0 { "sso" } else { "ssoSuper" }));
        pool.host.doubles.set(doubles);
        for event in events {
            match event {
                Event::Wait { minutes } => pool.now += minutes * 60_000,
                Event::Outcome { token_id, model, effect } => pool.outcome(token_id, model, effect),
                Event::Refresh { token_id, mode, remaining, hours } => pool.quota(token_id, mode, remaining, hours),
                Event::Chat(id) => {
                    let model = models::find(id).unwrap();
                    let (usable, first_free) = by_the_facts(&pool, &model);
                    let due = pool.host.number(&format!(
                        "SELECT count(*) FROM tokens WHERE blocked_until <= {}", pool.now));
                    match (pool.take(id), usable.first()) {
                        (Err(until), None) => prop_assert_eq!(until, first_free),
                        (Ok(taken), Some(_)) if due > NEAR.into() =>
                            prop_assert!(usable.iter().any(|found| found.3 == taken)),
                        (Ok(taken), Some(first)) => {
                            let found = usable.iter().find(|found| found.3 == taken);
                            prop_assert_eq!(found.map(|f| (f.0, f.1, f.2)), Some((first.0, first.1, first.2)));
                        }
                        (taken, first) => prop_assert!(false, "{taken:?} instead of {first:?}"),
                    }
                }
            }
        }
    }
}

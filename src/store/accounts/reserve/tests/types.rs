//! Tests of the choice by type, by granted modes, and among accounts with one owner.

use super::*;

#[test]
fn the_cheapest_type_serves_first_and_unread_accounts_last() {
    let pool = Pool::of(1, 1);
    let (heavy, said_basic, said_super) = (pool.add("ssoHeavy"), pool.add_unread("sso"), pool.add_unread("ssoSuper"));
    let order = |model: &str| {
        let mut tried = Vec::new();
        while let Ok(id) = pool.take_but(model, &tried) {
            tried.push(id);
        }
        tried
    };
    assert_eq!(order("grok-fast"), [1, 2, heavy, said_basic, said_super]);
    assert_eq!(order("grok-expert"), [2, heavy, said_super, said_basic]);
    assert_eq!(order("grok-heavy"), [heavy, said_super]);
}

#[test]
fn a_mode_that_no_account_has_is_told_apart() {
    let pool = Pool::of(2, 1);
    assert_eq!((pool.take("grok-heavy"), pool.not_granted("grok-heavy")), (Err(None), true));
    pool.host.sql("UPDATE tokens SET state = 'expired' WHERE read_type = 'ssoSuper'", vec![]);
    assert!(pool.not_granted("grok-expert"));
    let heavy = pool.add("ssoHeavy");
    pool.quota(heavy, "heavy", 0, 2);
    assert_eq!((pool.take("grok-heavy"), pool.not_granted("grok-heavy")), (Err(Some(START + 2 * HOUR)), false));
    assert!(!Pool::new().not_granted("grok-heavy"), "the pool is empty");
    let unread = Pool::new();
    unread.add_unread("sso");
    assert!(!unread.not_granted("grok-heavy"), "their types are unknown");
}

#[test]
fn a_refused_mode_is_not_granted_until_it_is_read_again() {
    let pool = Pool::new();
    let id = pool.add_unread("ssoSuper");
    pool.outcome(id, "grok-heavy", Effect { not_granted: true, read: true, ..Effect::default() });
    assert!(pool.not_granted("grok-heavy"));
    assert_eq!(pool.take("grok-fast"), Ok(id));
    pool.quota(id, "heavy", 20, 2);
    assert_eq!(pool.take("grok-heavy"), Ok(id));
}

#[test]
fn of_accounts_with_one_owner_the_newest_active_one_serves() {
    let pool = Pool::of(3, 0);
    let own = |id: i64| {
        pool.host.sql("UPDATE tokens SET user_id = 'u' WHERE id = ?", vec![id.into()]);
    };
    own(3);
    own(1);
    assert_eq!(pool.takes("grok-fast", 4), [2, 3, 2, 3]);
    pool.host.sql("UPDATE tokens SET state = 'expired' WHERE id = 3", vec![]);
    assert_eq!(pool.takes("grok-fast", 2), [1, 2]);
    pool.host.sql("UPDATE tokens SET state = 'active' WHERE id = 3", vec![]);
    assert_eq!(pool.takes("grok-fast", 2), [3, 2]);
    pool.host.sql("DELETE FROM tokens WHERE id = 3", vec![]);
    assert_eq!(pool.takes("grok-fast", 2), [1, 2]);
    assert_eq!(pool.host.number("SELECT count(*) FROM account_quotas WHERE account_id = 3"), 0);
}

#[test]
fn an_owner_that_was_wrong_leaves_no_double_behind() {
    let pool = Pool::of(3, 0);
    pool.host.sql("UPDATE tokens SET user_id = 'wrong'", vec![]);
    assert_eq!(pool.takes("grok-fast", 2), [3, 3]);
    pool.host.sql("UPDATE tokens SET user_id = 'right' WHERE id = 3", vec![]);
    assert_eq!(pool.takes("grok-fast", 2), [2, 3], "1 and 2 still seem to be one");
    pool.host.sql("UPDATE tokens SET user_id = 'other' WHERE id = 2", vec![]);
    assert_eq!(pool.takes("grok-fast", 3), [1, 2, 3]);
}

#[test]
fn a_rest_on_a_mode_that_is_not_granted_leaves_no_block_that_has_ended() {
    let mut pool = Pool::of(1, 0);
    pool.cool(1, "grok-expert", 1);
    pool.now += 2 * HOUR;
    pool.outcome(1, "grok-fast", Effect { strike: -1, ..Effect::default() });
    assert_eq!(pool.host.number("SELECT blocked = 12 AND blocked_until IS NULL FROM tokens"), 1);
}

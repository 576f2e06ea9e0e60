//! The state of an account, as SQL: [`list`](super::list) filters and sorts by it, and [`counts`](super::counts) groups
//! by it. [`Status`](crate::admin::accounts::row::Status) derives the same state of a row in Rust; a test compares them.

use super::invalid::no_token;

/// SQL that returns the state of the row `t` at the time `?1`. `?2` is a JSON array with the ids of the available keys;
/// see [`Vault::key_ids`](crate::crypto::vault::Vault::key_ids). The words and their order are those of
/// [`Status`](crate::admin::accounts::row::Status).
pub(super) const STATUS: &str = concat!(
    "CASE WHEN t.state = 'disabled' AND t.last_failure_reason = '",
    no_token!(),
    "' THEN 'invalid'
  WHEN t.state <> 'active' THEN t.state
  WHEN t.sealed GLOB 'v1.????????.*' AND substr(t.sealed, 4, 8) NOT GLOB '*[^0-9A-Fa-f]*'
   AND substr(t.sealed, 4, 8) NOT IN (SELECT value FROM json_each(?2)) THEN 'unreadable'
  WHEN EXISTS (SELECT 1 FROM token_cooldowns c WHERE c.token_id = t.id AND c.until > ?1) THEN 'cooling'
  WHEN iif(t.normal_until > ?1, t.normal_remaining, NULL) IS NULL
   AND (t.token_type = 'sso' OR iif(t.heavy_until > ?1, t.heavy_remaining, NULL) IS NULL) THEN 'unused'
  WHEN (t.normal_remaining = 0 AND t.normal_until > ?1)
    OR (t.token_type = 'ssoSuper' AND t.heavy_remaining = 0 AND t.heavy_until > ?1) THEN 'exhausted'
  ELSE 'normal' END"
);

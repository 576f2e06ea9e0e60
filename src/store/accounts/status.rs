//! The state of an account, as SQL: [`list`](super::list) filters and sorts by it, and [`counts`](super::counts) groups
//! by it. [`Status`](crate::admin::accounts::state::Status) derives the same state of a row in Rust; a test compares them.

use super::invalid::no_token;
use crate::store::spending::is_spent;

/// SQL that returns the state of the row `t` at the time `?1`, on the local day `?3`. `?2` is a JSON array with the ids of the available keys;
/// see [`Vault::key_ids`](crate::crypto::vault::Vault::key_ids). The words and their order are those of
/// [`Status`](crate::admin::accounts::state::Status). The last four are those of the chat modes; a key
/// of xAI's API has one quota, and rests when its daily budget is spent.
pub(super) const STATUS: &str = concat!(
    "CASE WHEN t.state = 'disabled' AND t.last_failure_reason = '",
    no_token!(),
    "' THEN 'invalid'
  WHEN t.state <> 'active' THEN t.state
  WHEN t.sealed GLOB 'v1.????????.*' AND substr(t.sealed, 4, 8) NOT GLOB '*[^0-9A-Fa-f]*'
   AND substr(t.sealed, 4, 8) NOT IN (SELECT value FROM json_each(?2)) THEN 'unreadable'
  WHEN t.duplicate_of IS NOT NULL THEN 'duplicate'
  WHEN t.read_type = 'xai' THEN (SELECT CASE
      WHEN ",
    is_spent!(),
    " OR coalesce(max(q.cool_until > ?1), 0) THEN 'cooling'
      WHEN coalesce(max(q.remaining = 0 AND q.until > ?1), 0) THEN 'exhausted'
      ELSE 'normal' END
    FROM account_quotas q WHERE q.account_id = t.id AND q.bucket = 'api')
  ELSE (SELECT CASE
      WHEN coalesce(sum(q.cool_until > ?1), 0) > 0 THEN 'cooling'
      WHEN coalesce(sum(q.remaining IS NOT NULL AND q.until > ?1), 0) = 0 THEN 'unused'
      WHEN sum(q.remaining = 0 AND (q.until > ?1 OR q.total = 0)) = 4 THEN 'exhausted'
      ELSE 'normal' END
    FROM account_quotas q WHERE q.account_id = t.id AND q.bucket IN ('auto', 'fast', 'expert', 'heavy')) END"
);

/// SQL that is true if there is an active key of xAI's API.
pub const HAS_API: &str =
    "EXISTS (SELECT 1 FROM tokens INDEXED BY accounts_order WHERE state = 'active' AND precedence = 6)";

//! Tests of the encryption of unencrypted secrets by the maintenance.

use super::*;

#[test]
fn unencrypted_tokens_are_encrypted_once_there_is_a_key() {
    let host = gateway();
    wake(&host);
    host.set_variable("encryption_key", "a key of sixteen or more characters");
    advance(&host, 30);
    wake(&host);
    assert_eq!(host.number("SELECT count(*) FROM tokens WHERE substr(sealed, 1, 3) = 'v1.'"), 1);
}

#[test]
fn interrupted_encryption_continues_after_30_seconds() {
    let host = gateway();
    host.set_variable("encryption_key", "a key of sixteen or more characters");
    *host.broken.borrow_mut() = Some("UPDATE tokens SET sealed".to_owned());
    assert_eq!(ask(&host, Method::POST, "/internal/maintenance", "").0, 503);
    *host.broken.borrow_mut() = None;
    advance(&host, 30);
    wake(&host);
    assert_eq!(host.number("SELECT count(*) FROM tokens WHERE substr(sealed, 1, 3) = 'v1.'"), 1);
}

/// 20,000 tokens take 100 consecutive calls.
#[test]
fn encryption_on_a_worker_continues_with_each_call() {
    let host = gateway();
    host.sql("CREATE TABLE _cf_KV (key TEXT)", vec![]);
    host.sql(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 999)
         INSERT INTO tokens (hash, sealed, suffix, token_type, created_at)
         SELECT 'hash-' || n, 'eyJ.IN-CLEAR.' || n, 's', 'sso', 0 FROM n",
        vec![],
    );
    host.set_variable("encryption_key", "a key of sixteen or more characters");
    let call = |_| ask(&host, Method::POST, "/internal/maintenance", "").0;
    let statuses: Vec<_> = (0..7).map(call).collect();
    assert_eq!(statuses, [202, 202, 202, 202, 202, 204, 204]);
    assert_eq!(host.number("SELECT count(*) FROM tokens WHERE substr(sealed, 1, 3) <> 'v1.'"), 0);
}

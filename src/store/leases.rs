//! Table `leases`: work that only one instance may do at a time, and not again before a time.

use crate::error::Result;

use super::Db;

/// Held until the next local midnight once the work of a day is done.
pub const DAY: &str = "day";
/// Whether nobody holds it at the time `?1`. One row of an index, for the statements that open a request.
pub(super) const DAY_IS_FREE: &str = "NOT EXISTS (SELECT 1 FROM leases WHERE name = 'day' AND until > ?1)";

/// Takes a lease until a time; false while somebody else holds it.
pub async fn take(db: &Db, name: &str, now: i64, until: i64) -> Result<bool> {
    const TAKE: &str = "INSERT INTO leases (name, until) VALUES (?1, ?3)
 ON CONFLICT (name) DO UPDATE SET until = excluded.until WHERE until <= ?2 RETURNING until";
    Ok(db.one(TAKE, vec![name.into(), now.into(), until.into()]).await?.is_some())
}

/// Prolongs a lease that was taken until `held`; false when somebody else has taken it since.
pub async fn renew(db: &Db, name: &str, held: i64, until: i64) -> Result<bool> {
    const RENEW: &str = "UPDATE leases SET until = ?3 WHERE name = ?1 AND until = ?2 RETURNING until";
    Ok(db.one(RENEW, vec![name.into(), held.into(), until.into()]).await?.is_some())
}

/// Sets the end of a lease, whoever holds it.
pub async fn set(db: &Db, name: &str, until: i64) -> Result<()> {
    const SET: &str = "INSERT INTO leases (name, until) VALUES (?1, ?2)
 ON CONFLICT (name) DO UPDATE SET until = excluded.until";
    db.run(SET, vec![name.into(), until.into()]).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::native::NativeHost;

    #[test]
    fn a_lease_has_one_holder_until_it_ends() {
        let db = NativeHost::new().app().db.clone();
        let host = NativeHost::new();
        host.run(async move {
            let mut taken = Vec::new();
            for (name, now) in [("a", 0), ("a", 59), ("b", 59), ("a", 60), ("a", 61)] {
                taken.push(take(&db, name, now, now + 60).await.expect("it runs"));
            }
            assert_eq!(taken, [true, false, true, true, false]);
        });
    }
}

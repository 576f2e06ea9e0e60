//! Table `leases`: work that only one instance may do at a time.

use crate::error::Result;

use super::Db;

/// Takes a lease until a time; false while somebody else holds it.
pub async fn take(db: &Db, name: &str, now: i64, until: i64) -> Result<bool> {
    const TAKE: &str = "INSERT INTO leases (name, until) VALUES (?1, ?3)
 ON CONFLICT (name) DO UPDATE SET until = excluded.until WHERE until <= ?2 RETURNING until";
    Ok(db.one(TAKE, vec![name.into(), now.into(), until.into()]).await?.is_some())
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

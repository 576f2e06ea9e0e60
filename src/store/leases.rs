//! Table `leases`: work that only one instance may do at a time, and not again before a time.

use crate::error::Result;

use super::{Columns, Db};

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

/// Sets the ends of two leases in one statement.
pub async fn set_both(db: &Db, first: (&str, i64), second: (&str, i64)) -> Result<()> {
    const SET: &str = "INSERT INTO leases (name, until) VALUES (?1, ?2), (?3, ?4)
 ON CONFLICT (name) DO UPDATE SET until = excluded.until";
    db.run(SET, vec![first.0.into(), first.1.into(), second.0.into(), second.1.into()]).await
}

/// A queue whose places are leases: until its turn has come, a place is held. Turns lie a fixed time apart, over all
/// instances.
pub struct Queue {
    /// Of letters. Places are rows called `<name> <party>`; the row `<name>` is the last turn that was taken up.
    pub name: &'static str,
    /// Milliseconds from one turn to the next.
    pub gap: i64,
    /// How long a turn may be taken up, in milliseconds.
    pub grace: i64,
    /// How far ahead the last place may be, in milliseconds.
    pub longest: i64,
}

impl Queue {
    /// Returns when it is the party's turn, in Unix milliseconds. A party has one place; without one it gets the next
    /// that is free, `None` when there is none.
    pub async fn place(&self, db: &Db, now: i64, party: &str) -> Result<Option<i64>> {
        const PLACE: &str = "INSERT INTO leases (name, until)
 SELECT ?1 || ' ' || ?2, next.turn
   FROM (SELECT max(?3, coalesce(max(until) + ?4, 0)) AS turn FROM leases WHERE name >= ?1 AND name < ?1 || '!') next
  WHERE next.turn <= ?3 + ?6
     OR EXISTS (SELECT 1 FROM leases WHERE name = ?1 || ' ' || ?2 AND until > ?3 - ?5)
 ON CONFLICT (name) DO UPDATE SET until = CASE WHEN until > ?3 - ?5 THEN until ELSE excluded.until END RETURNING until";
        let params =
            vec![self.name.into(), party.into(), now.into(), self.gap.into(), self.grace.into(), self.longest.into()];
        db.one(PLACE, params).await?.map(|row| Columns::new(row).integer()).transpose()
    }

    /// Takes up the party's turn; false when it has none now. A turn is taken up once.
    pub async fn enter(&self, db: &Db, now: i64, party: &str) -> Result<bool> {
        const ENTER: &str = "UPDATE OR REPLACE leases
 SET name = ?1, until = max(until, coalesce((SELECT last.until FROM leases last WHERE last.name = ?1), 0))
 WHERE name = ?1 || ' ' || ?2 AND until <= ?3 AND until > ?3 - ?4 RETURNING 1";
        let params = vec![self.name.into(), party.into(), now.into(), self.grace.into()];
        Ok(db.one(ENTER, params).await?.is_some())
    }

    /// Forgets turns that nobody took up, at most so many; tells whether it did so many.
    pub async fn sweep(&self, db: &Db, now: i64, limit: i64) -> Result<bool> {
        const SWEEP: &str = "DELETE FROM leases WHERE name IN (
   SELECT name FROM leases WHERE name > ?1 || ' ' AND name < ?1 || '!' AND until <= ?2 - ?3 LIMIT ?4) RETURNING 1";
        db.fills(limit, SWEEP, vec![self.name.into(), now.into(), self.grace.into(), limit.into()]).await
    }
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

    const QUEUE: Queue = Queue { name: "door", gap: 10, grace: 50, longest: 30 };

    #[test]
    fn a_place_is_kept_and_its_turn_taken_up_once() {
        let host = NativeHost::new();
        let db = host.app().db.clone();
        host.run(async move {
            let place = async |now, party| QUEUE.place(&db, now, party).await.expect("it runs");
            let enter = async |now, party| QUEUE.enter(&db, now, party).await.expect("it runs");
            let mut places = Vec::new();
            for party in ["a", "b", "a", "c", "d", "e"] {
                places.push(place(100, party).await);
            }
            assert_eq!(places, [Some(100), Some(110), Some(100), Some(120), Some(130), None], "four fit");
            assert_eq!((enter(99, "a").await, enter(100, "a").await, enter(100, "a").await), (false, true, false));
            assert_eq!(place(101, "a").await, None, "behind all others there is no room");
            assert_eq!((enter(109, "b").await, enter(159, "b").await), (false, true));
            assert_eq!((enter(170, "c").await, place(170, "c").await), (false, Some(170)), "too late: a new one");
            assert!(!QUEUE.sweep(&db, 180, 9).await.expect("it runs"));
            assert_eq!(place(180, "e").await, Some(180), "what was not taken up holds nobody up");
        });
        assert_eq!(host.number("SELECT count(*) FROM leases WHERE name GLOB 'door *'"), 2);
    }
}

//! Table `leases`: locks with an end, for work that one instance does at a time and not again before some time.
//!
//! ```ignore
//! if leases::take(&app.db, "maintenance", now, now + 30_000).await? {
//!     // For 30 seconds this instance alone does the work.
//! }
//! ```

use crate::error::Result;

use super::{Columns, Db};

/// The lease that is held until the next local midnight after the work of a day is done.
pub const DAY: &str = "day";
/// SQL that is true if [`DAY`] is free at the time `?1`. The first statement of a request reads it: one index row.
pub(super) const DAY_IS_FREE: &str = "NOT EXISTS (SELECT 1 FROM leases WHERE name = 'day' AND until > ?1)";

/// Takes a lease until the Unix milliseconds `until`. Returns false while another instance holds it.
pub async fn take(db: &Db, name: &str, now: i64, until: i64) -> Result<bool> {
    const TAKE: &str = "INSERT INTO leases (name, until) VALUES (?1, ?3)
 ON CONFLICT (name) DO UPDATE SET until = excluded.until WHERE until <= ?2 RETURNING until";
    Ok(db.query_one(TAKE, vec![name.into(), now.into(), until.into()]).await?.is_some())
}

/// Extends a lease that was taken until `held`. Returns false if another instance has taken it since.
pub async fn renew(db: &Db, name: &str, held: i64, until: i64) -> Result<bool> {
    const RENEW: &str = "UPDATE leases SET until = ?3 WHERE name = ?1 AND until = ?2 RETURNING until";
    Ok(db.query_one(RENEW, vec![name.into(), held.into(), until.into()]).await?.is_some())
}

/// Sets the end of a lease, even if another instance holds it.
pub async fn set(db: &Db, name: &str, until: i64) -> Result<()> {
    const SET: &str = "INSERT INTO leases (name, until) VALUES (?1, ?2)
 ON CONFLICT (name) DO UPDATE SET until = excluded.until";
    db.execute(SET, vec![name.into(), until.into()]).await
}

/// Sets the ends of two leases in one statement, even if another instance holds them.
pub async fn set_both(db: &Db, first: (&str, i64), second: (&str, i64)) -> Result<()> {
    const SET: &str = "INSERT INTO leases (name, until) VALUES (?1, ?2), (?3, ?4)
 ON CONFLICT (name) DO UPDATE SET until = excluded.until";
    db.execute(SET, vec![first.0.into(), first.1.into(), second.0.into(), second.1.into()]).await
}

/// A queue whose places are leases, each held until its turn. Turns have a fixed interval over all instances.
pub struct Queue {
    /// Letters only. A place is the row `<name> <party>`; the row `<name>` is the last turn that was assigned.
    pub name: &'static str,
    /// Milliseconds from one turn to the next.
    pub gap: i64,
    /// Milliseconds in which a party may use its turn.
    pub grace: i64,
    /// Maximum milliseconds from now to the last turn.
    pub longest: i64,
}

impl Queue {
    /// Returns the turn of the party, in Unix milliseconds. A party without a place gets the next one; `None` if the
    /// queue is full. This reads a few rows regardless of the length of the queue, and writes each place once, because
    /// anyone may ask at any rate.
    pub async fn place(&self, db: &Db, now: i64, party: &str) -> Result<Option<i64>> {
        if let Some(turn) = self.own_place(db, now, party).await? {
            return Ok(Some(turn));
        }
        match self.give_place(db, now, party).await? {
            Some(turn) => Ok(Some(turn)),
            // The queue is full, or another request of the party has just got a place.
            None => self.own_place(db, now, party).await,
        }
    }

    /// Assigns the next place to the party; `None` if the queue is full or the party has a place.
    async fn give_place(&self, db: &Db, now: i64, party: &str) -> Result<Option<i64>> {
        const GIVE: &str = "INSERT INTO leases (name, until)
 SELECT rows.name, next.turn
   FROM (SELECT max(?3, coalesce((SELECT until + ?4 FROM leases WHERE name = ?1), 0)) AS turn) next,
        (SELECT ?1 AS name UNION ALL SELECT ?1 || ' ' || ?2) rows
  WHERE next.turn <= ?3 + ?6
    AND NOT EXISTS (SELECT 1 FROM leases WHERE name = ?1 || ' ' || ?2 AND until > ?3 - ?5)
 ON CONFLICT (name) DO UPDATE SET until = excluded.until RETURNING until";
        let params =
            vec![self.name.into(), party.into(), now.into(), self.gap.into(), self.grace.into(), self.longest.into()];
        db.query_one(GIVE, params).await?.map(|row| Columns::new(row).integer()).transpose()
    }

    /// Returns the turn of the party's place; `None` without a place.
    async fn own_place(&self, db: &Db, now: i64, party: &str) -> Result<Option<i64>> {
        const OWN: &str = "SELECT until FROM leases WHERE name = ?1 || ' ' || ?2 AND until > ?3";
        let row = db.query_one(OWN, vec![self.name.into(), party.into(), (now - self.grace).into()]).await?;
        row.map(|row| Columns::new(row).integer()).transpose()
    }

    /// Uses the party's turn, which works once. Returns false if the turn has not come or is over.
    pub async fn enter(&self, db: &Db, now: i64, party: &str) -> Result<bool> {
        const ENTER: &str = "DELETE FROM leases
 WHERE name = ?1 || ' ' || ?2 AND until <= ?3 AND until > ?3 - ?4 RETURNING 1";
        let params = vec![self.name.into(), party.into(), now.into(), self.grace.into()];
        Ok(db.query_one(ENTER, params).await?.is_some())
    }

    /// Deletes at most `limit` places whose turn was not used. Returns whether it deleted that many.
    pub async fn sweep(&self, db: &Db, now: i64, limit: i64) -> Result<bool> {
        const SWEEP: &str = "DELETE FROM leases WHERE name IN (
   SELECT name FROM leases WHERE name > ?1 || ' ' AND name < ?1 || '!' AND until <= ?2 - ?3 LIMIT ?4) RETURNING 1";
        db.execute_batch(limit, SWEEP, vec![self.name.into(), now.into(), self.grace.into(), limit.into()]).await
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

    static QUEUE: Queue = Queue { name: "door", gap: 10, grace: 50, longest: 30 };

    #[test]
    fn a_place_is_kept_and_its_turn_used_once() {
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
            assert_eq!(place(101, "a").await, None, "the queue is full");
            assert_eq!((enter(109, "b").await, enter(159, "b").await), (false, true));
            assert_eq!((enter(170, "c").await, place(170, "c").await), (false, Some(170)), "too late: a new one");
            assert!(!QUEUE.sweep(&db, 180, 9).await.expect("it runs"));
            assert_eq!(place(180, "e").await, Some(180), "an unused turn delays no other party");
        });
        assert_eq!(host.number("SELECT count(*) FROM leases WHERE name GLOB 'door *'"), 2);
    }

    /// Takes one place for each of these parties.
    fn fill(host: &std::rc::Rc<NativeHost>, queue: &'static Queue, parties: std::ops::Range<i64>) {
        let db = host.app().db.clone();
        host.run(async move {
            for party in parties {
                queue.place(&db, 0, &party.to_string()).await.expect("it runs").expect("there is room");
            }
        });
    }

    #[test]
    fn a_long_queue_costs_as_much_as_a_short_one() {
        static LONG: Queue = Queue { name: "door", gap: 10, grace: 50, longest: 3990 };
        let host = NativeHost::new();
        let ask = |party: &'static str| {
            let db = host.app().db.clone();
            host.run(async move { LONG.place(&db, 0, party).await.expect("it runs") })
        };
        let changes = || host.number("SELECT total_changes()");
        fill(&host, &LONG, 0..3);
        ask("early");
        let steps = host.steps.get();
        fill(&host, &LONG, 3..398);
        assert_eq!(ask("last"), Some(3990), "it is the 400th place");
        assert!(host.steps.get() <= steps, "{} steps, and {steps} in a short queue", host.steps.get());
        let written = changes();
        assert_eq!((ask("last"), ask("0"), ask("late")), (Some(3990), Some(0), None));
        assert_eq!(changes(), written);
    }

    #[test]
    fn requests_of_one_party_at_once_get_one_place() {
        let host = NativeHost::new();
        let db = host.app().db.clone();
        let places = host.run(async move {
            let mut places = Vec::new();
            // Both requests have read that the party has no place.
            for _ in 0..2 {
                places.push(QUEUE.give_place(&db, 100, "a").await.expect("it runs"));
            }
            places.push(QUEUE.place(&db, 100, "a").await.expect("it runs"));
            places
        });
        assert_eq!(places, [Some(100), None, Some(100)]);
        assert_eq!(
            host.number("SELECT until FROM leases WHERE name = 'door'"),
            100,
            "the next party gets the next turn"
        );
    }
}

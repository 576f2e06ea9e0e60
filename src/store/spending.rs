//! What an account or an API key has spent, and its daily budget: the same columns of the tables `tokens` and `api_keys`.
//! Amounts are in ticks, see [`money`](crate::money).

use crate::{
    error::Result,
    money::Usd,
    time::{local_day, month_of, next_midnight},
};

use super::Columns;

/// A time in the operator's calendar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Today {
    /// Unix milliseconds.
    pub now: i64,
    /// The local day, counted since 1970.
    pub day: i64,
    /// When it ends, in Unix milliseconds.
    pub ends: i64,
}

impl Today {
    /// Returns the time `now`, in Unix milliseconds, by a clock that is these minutes ahead of UTC.
    pub fn at(now: i64, timezone_offset_minutes: i64) -> Self {
        let (day, ends) = (local_day(now, timezone_offset_minutes), next_midnight(now, timezone_offset_minutes));
        Today { now, day, ends }
    }
}

/// What a row has spent in the last day and month in which it spent something, and what running answers hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spending {
    /// `None` without a limit.
    pub daily_budget: Option<i64>,
    day: i64,
    day_cost: i64,
    month: i64,
    month_cost: i64,
    held: i64,
    held_until: i64,
}

/// The columns of the row `$row` that [`Spending::read`] reads.
macro_rules! spending {
    ($row:literal) => {
        concat!(
            $row,
            ".daily_budget, ",
            $row,
            ".day, ",
            $row,
            ".day_cost, ",
            $row,
            ".month, ",
            $row,
            ".month_cost, ",
            $row,
            ".held, ",
            $row,
            ".held_until"
        )
    };
}
pub(super) use spending;

/// SQL that is true if the budget of the row `t` is spent on the local day `?3`. What is held does not count, because it is
/// soon free again.
macro_rules! is_spent {
    () => {
        "coalesce(t.daily_budget <= iif(t.day = ?3, t.day_cost, 0), 0)"
    };
}
pub(super) use is_spent;

impl Spending {
    pub(super) fn read(row: &mut Columns) -> Result<Self> {
        Ok(Spending {
            daily_budget: row.optional_integer()?,
            day: row.integer()?,
            day_cost: row.integer()?,
            month: row.integer()?,
            month_cost: row.integer()?,
            held: row.integer()?,
            held_until: row.integer()?,
        })
    }

    /// Returns what it may spend in a day; `None` without a limit.
    pub fn daily_budget(self) -> Option<Usd> {
        self.daily_budget.map(Usd::of_ticks)
    }

    /// Returns what it has spent since local midnight.
    pub fn today(self, today: Today) -> Usd {
        Usd::of_ticks(if self.day == today.day { self.day_cost } else { 0 })
    }

    /// Returns what it has spent since the first of the local month.
    pub fn this_month(self, today: Today) -> Usd {
        Usd::of_ticks(if self.month == month_of(today.day) { self.month_cost } else { 0 })
    }

    /// Returns what running answers may still cost.
    pub fn held(self, today: Today) -> Usd {
        Usd::of_ticks(if self.held_until > today.now { self.held } else { 0 })
    }

    /// Returns whether the budget is spent until local midnight.
    pub fn is_spent(self, today: Today) -> bool {
        self.daily_budget.is_some_and(|budget| budget <= self.today(today).ticks())
    }
}

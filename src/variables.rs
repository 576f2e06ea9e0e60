//! Every variable of the manifest: its default in [`table`], its value here.
//!
//! ```ignore
//! let url = variables::text(&*app.host, &table::GROK_BASE_URL).await;
//! ```
//!
//! A new variable is a row of the table; `cargo xtask variables` then writes `spin.toml` and the README.

use std::ops::RangeInclusive;

use self::table::{PASSWORD_ITERATIONS, TIMEZONE_OFFSET_MINUTES, Variable};
use crate::{
    error::{Error, Result},
    host::Host,
};

/// The table of variables, which `cargo xtask variables` writes into `spin.toml` and the READMEs.
pub mod table;

/// Returns the value without the blanks around it; the default if that is empty.
pub async fn text(host: &dyn Host, variable: &Variable) -> String {
    let value = host.variable(variable.name).await.unwrap_or_default();
    let value = value.trim();
    if value.is_empty() { variable.default.to_owned() } else { value.to_owned() }
}

/// Returns the value as it is, `None` if it is empty.
pub async fn secret(host: &dyn Host, variable: &Variable) -> Option<String> {
    host.variable(variable.name).await.filter(|value| !value.is_empty())
}

/// Returns the operator's time zone in minutes east of UTC; the default for a value outside of 14 hours.
pub async fn timezone_offset_minutes(host: &dyn Host) -> i64 {
    let set = text(host, &TIMEZONE_OFFSET_MINUTES).await;
    let valid = |text: &str| text.parse().ok().filter(|minutes| (-840..=840).contains(minutes));
    valid(&set).or_else(|| valid(TIMEZONE_OFFSET_MINUTES.default)).unwrap_or_default()
}

/// Returns how many PBKDF2 iterations a password hash has. Fails with an internal error for a value that is not a number
/// from 1,000 to 10,000,000.
pub async fn password_iterations(host: &dyn Host) -> Result<u32> {
    const RANGE: RangeInclusive<u32> = 1_000..=10_000_000;
    let set = text(host, &PASSWORD_ITERATIONS).await;
    set.parse().ok().filter(|count| RANGE.contains(count)).ok_or_else(|| {
        let (least, most) = (RANGE.start(), RANGE.end());
        Error::internal(format!("The variable password_iterations must be a number from {least} to {most}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::native::NativeHost;

    #[test]
    fn an_empty_or_odd_time_zone_is_the_default() {
        for (set, minutes) in [("", 480), ("0", 0), (" -300 ", -300), ("840", 840), ("841", 480), ("east", 480)] {
            let host = NativeHost::new();
            host.set_variable("timezone_offset_minutes", set);
            let app = host.app();
            assert_eq!(host.run(async move { timezone_offset_minutes(&*app.host).await }), minutes, "{set}");
        }
    }

    #[test]
    fn iterations_are_a_number_in_range() {
        for (set, count) in [("", Some(10_000)), ("1000", Some(1_000)), ("999", None), ("many", None)] {
            let host = NativeHost::new();
            host.set_variable("password_iterations", set);
            let app = host.app();
            assert_eq!(host.run(async move { password_iterations(&*app.host).await.ok() }), count, "{set}");
        }
    }
}

//! Every variable of the manifest: its default in [`table`], its value here.
//!
//! ```ignore
//! let url = variables::url(&*app.host, &table::GROK_BASE_URL).await?;
//! ```
//!
//! A new variable is a row of the table; `cargo xtask variables` then writes `spin.toml` and the README.

use std::str::FromStr;

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

/// Returns the value like [`text`]. Fails with an internal error that names the variable if its form is wrong.
pub async fn checked(host: &dyn Host, variable: &Variable) -> Result<String> {
    let value = text(host, variable).await;
    variable.problem(&value).map_or(Ok(value), |problem| Err(Error::internal(problem)))
}

/// Returns a URL without slashes at its end. Fails like [`checked`].
pub async fn url(host: &dyn Host, variable: &Variable) -> Result<String> {
    Ok(checked(host, variable).await?.trim_end_matches('/').to_owned())
}

/// Returns the operator's time zone in minutes east of UTC. Fails like [`checked`].
pub async fn timezone_offset_minutes(host: &dyn Host) -> Result<i64> {
    number(host, &TIMEZONE_OFFSET_MINUTES).await
}

/// Returns how many PBKDF2 iterations a password hash has. Fails like [`checked`].
pub async fn password_iterations(host: &dyn Host) -> Result<u32> {
    number(host, &PASSWORD_ITERATIONS).await
}

async fn number<N: FromStr>(host: &dyn Host, variable: &Variable) -> Result<N> {
    let value = checked(host, variable).await?;
    value.parse().map_err(|_| Error::internal(format!("The variable {} must be a number", variable.name)))
}

#[cfg(test)]
mod tests {
    use super::{
        table::{GROK_BASE_URL, TRUSTED_PROXY, XAI_BASE_URL},
        *,
    };
    use crate::host::native::NativeHost;

    #[test]
    fn numbers_are_whole_and_in_range() {
        for (set, minutes) in [
            ("", Some(480)),
            ("0", Some(0)),
            (" -300 ", Some(-300)),
            ("840", Some(840)),
            ("841", None),
            ("-99999", None),
            ("1.5", None),
            ("east", None),
        ] {
            let host = NativeHost::new();
            host.set_variable("timezone_offset_minutes", set);
            let app = host.app();
            assert_eq!(host.run(async move { timezone_offset_minutes(&*app.host).await.ok() }), minutes, "{set}");
        }
        for (set, count) in [("", Some(10_000)), ("1000", Some(1_000)), ("999", None), ("many", None)] {
            let host = NativeHost::new();
            host.set_variable("password_iterations", set);
            let app = host.app();
            assert_eq!(host.run(async move { password_iterations(&*app.host).await.ok() }), count, "{set}");
        }
    }

    #[test]
    fn a_wrong_value_is_named_with_what_to_write() {
        for (variable, value, rule) in [
            (&TIMEZONE_OFFSET_MINUTES, "abc", "a whole number from -840 to 840, such as 480"),
            (
                &GROK_BASE_URL,
                "grok.com",
                "a URL that starts with http:// or https://, without a user name, such as https://grok.com",
            ),
            (&TRUSTED_PROXY, "nope", "comma-separated IP addresses, without names and networks, or `*` for any"),
        ] {
            let host = NativeHost::new();
            host.set_variable(variable.name, value);
            let app = host.app();
            let error = host.run(async move { checked(&*app.host, variable).await }).unwrap_err();
            assert_eq!(error.message, format!("The variable {} must be {rule}", variable.name));
            assert_eq!(error.status(), 500);
        }
    }

    #[test]
    fn urls_and_proxies_have_their_form() {
        for (variable, fine, wrong) in [
            (
                &XAI_BASE_URL,
                &[
                    "",
                    "https://h",
                    "http://127.0.0.1:80/v1/",
                    "https://[::1]",
                    "http://[::1]:8080/a",
                    "https://h?u=https://grok.com",
                ][..],
                &[
                    "h",
                    "ftp://h",
                    "https://",
                    "https:///v1",
                    "https://h:x",
                    "https://a b",
                    "https://h:+1",
                    "https://h:65536",
                    "https://::1",
                    "https://[::1",
                    "https://[h]",
                    "http://a@h",
                ][..],
            ),
            (
                &TRUSTED_PROXY,
                &["", "false", "*", "true", "192.0.2.1, 2001:db8::1,", "192.0.2.1:80"],
                &["nope", "192.0.2.1 192.0.2.2", "10.0.0.0/8", "192.0.2.1,proxy.example"],
            ),
        ] {
            assert!(fine.iter().all(|value| variable.problem(value).is_none()), "{}", variable.name);
            for value in wrong {
                assert!(variable.problem(value).is_some(), "{} {value}", variable.name);
            }
        }
        assert!(table::VARIABLES.iter().all(|variable| variable.problem(variable.default).is_none()));
    }
}

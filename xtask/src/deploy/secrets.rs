//! The Worker's secrets: which are set, which are uploaded, and where a generated key is stored.
//!
//! A key that was generated in a workflow is not printed or stored, because readers of a workflow's log or summary must
//! not see secrets. On the operator's machine it is written to a file before the upload.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use super::{config::Config, plan};
use crate::private;

const KEY: &str = "encryption_key";
const PASSWORD: &str = "admin_password";
/// The shortest key that the component accepts, in characters.
const SHORTEST_KEY: usize = 16;

#[derive(Debug, PartialEq, Eq)]
enum Key {
    /// The Worker has one. It is never replaced, because values encrypted with it would become unreadable.
    Stays,
    Given(String),
    /// Generated, and stored in this file; without a file in a workflow.
    Made(String, Option<PathBuf>),
}

#[derive(Debug)]
pub struct Secrets {
    key: Key,
    password: Option<String>,
    /// Whether the first visitor can sign in and set the password.
    open: bool,
    key_given: bool,
}

impl Secrets {
    /// Decides what is uploaded. `there` are the names of the Worker's secrets. Without an account, a key of an earlier
    /// run is not found.
    pub fn choose(data: &Path, account: Option<&str>, config: &Config, there: &[String]) -> Result<Self> {
        let has =
            |name: &str| there.iter().any(|secret| secret.eq_ignore_ascii_case(name)) || config.has_variable(name);
        let given = variable("ENCRYPTION_KEY");
        let file = |account| data.join("cloudflare").join(account).join(format!("{}.{KEY}", config.name));
        let in_workflow = env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true");
        let password = variable("ADMIN_PASSWORD");
        Ok(Secrets {
            open: password.is_none() && !has(PASSWORD),
            key_given: given.is_some(),
            key: if has(KEY) { Key::Stays } else { key(given, account.filter(|_| !in_workflow).map(file))? },
            password,
        })
    }

    /// Returns whether the key is generated in this run.
    pub fn is_new_key(&self) -> bool {
        matches!(&self.key, Key::Made(_, file) if !file.as_ref().is_some_and(|file| file.exists()))
    }

    /// Prints what happens to each secret. `there` are the names of the Worker's secrets, if known.
    pub fn print(&self, there: Option<&[String]>) {
        let key = match &self.key {
            Key::Stays if self.key_given => {
                "is set and stays; ENCRYPTION_KEY is not used (docs/cloudflare.md says how to change it)"
            }
            Key::Stays => "is set and stays",
            Key::Given(_) => "to be set from ENCRYPTION_KEY",
            Key::Made(..) if !self.is_new_key() => "to be set from the file of an earlier run",
            Key::Made(..) => "to be generated",
        };
        let password = match (&self.password, there) {
            (Some(_), _) => "to be set from ADMIN_PASSWORD",
            (None, Some(there)) if there.iter().any(|name| name.eq_ignore_ascii_case(PASSWORD)) => "is set and stays",
            (None, Some(_)) => "none",
            (None, None) => "not given; the Worker's password stays if it has one",
        };
        let unless = if there.is_none() && self.key != Key::Stays { ", unless the Worker has one" } else { "" };
        plan::row(KEY, &format!("{key}{unless}"));
        plan::row(PASSWORD, password);
    }

    /// Writes a generated key to its file, before it encrypts anything.
    pub fn keep(&self) -> Result<()> {
        if let Key::Made(key, Some(file)) = &self.key {
            fs::create_dir_all(file.parent().expect("a file has a folder"))?;
            private::write(file, format!("{key}\n").as_bytes())?;
        }
        Ok(())
    }

    /// Returns the secrets to upload with the code, `None` if all stay.
    pub fn to_send(&self) -> Option<Value> {
        let mut all = Map::new();
        if let Key::Given(key) | Key::Made(key, _) = &self.key {
            all.insert(KEY.into(), key.as_str().into());
        }
        if let Some(password) = &self.password {
            all.insert(PASSWORD.into(), password.as_str().into());
        }
        (!all.is_empty()).then_some(Value::Object(all))
    }

    /// Prints what the operator must know or do after the deployment.
    pub fn remind(&self) {
        match &self.key {
            Key::Made(_, Some(file)) => println!(
                "\n{KEY} was generated and stored in {}, readable only by you. Keep a copy elsewhere: Cloudflare never \
                shows it, and without it a backup of the database is useless.",
                file.display()
            ),
            Key::Made(_, None) => println!(
                "\n::warning::{KEY} was generated and set; it cannot be read back, not even by you. The service needs \
                nothing more. But if you delete the Worker, or restore its data elsewhere, you must enter account tokens \
                and API keys again. To keep the key yourself, see docs/cloudflare.md."
            ),
            Key::Stays | Key::Given(_) => {}
        }
        if self.open {
            let mark = if env::var_os("GITHUB_ACTIONS").is_some() { "::warning::" } else { "" };
            println!(
                "\n{mark}No ADMIN_PASSWORD was given: sign in now as admin with the password admin and change it. Until \
                then, any visitor can."
            );
        }
    }
}

/// Returns a variable of the environment; an empty one counts as unset, because a workflow passes missing secrets as empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn key(given: Option<String>, file: Option<PathBuf>) -> Result<Key> {
    if let Some(key) = given {
        if key.chars().count() < SHORTEST_KEY {
            bail!("ENCRYPTION_KEY has {} characters: use at least {SHORTEST_KEY}, random ones", key.chars().count());
        }
        return Ok(Key::Given(key));
    }
    if let Some(file) = &file
        && file.exists()
    {
        let kept = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let kept = kept.trim();
        if kept.len() < SHORTEST_KEY {
            bail!("{} has no valid key: restore the file, or remove it to generate a key", file.display());
        }
        return Ok(Key::Made(kept.to_owned(), Some(file.clone())));
    }
    Ok(Key::Made(private::random::<32>()?, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_key_is_used_and_a_short_one_refused() {
        assert_eq!(key(Some("x".repeat(16)), None).unwrap(), Key::Given("x".repeat(16)));
        assert!(key(Some("x".repeat(15)), None).unwrap_err().to_string().contains("has 15 characters"));
    }

    #[test]
    fn a_key_that_was_written_down_is_taken_again() {
        let file = std::env::temp_dir().join(format!("grok2api-key-{}", std::process::id()));
        let Key::Made(made, Some(_)) = key(None, Some(file.clone())).unwrap() else { panic!("it is made") };
        let secrets =
            Secrets { key: Key::Made(made.clone(), Some(file.clone())), password: None, open: true, key_given: false };
        secrets.keep().unwrap();
        assert_eq!(key(None, Some(file.clone())).unwrap(), Key::Made(made.clone(), Some(file.clone())));
        assert_eq!(secrets.to_send().unwrap()[KEY], made.as_str());
        fs::write(&file, "").unwrap();
        assert!(key(None, Some(file.clone())).unwrap_err().to_string().contains("has no valid key"));
        fs::remove_file(&file).unwrap();
    }

    #[test]
    fn what_stays_is_not_sent() {
        let secrets = Secrets { key: Key::Stays, password: None, open: false, key_given: true };
        assert_eq!(secrets.to_send(), None);
        let secrets = Secrets { password: Some("p".into()), ..secrets };
        assert_eq!(secrets.to_send().unwrap(), serde_json::json!({ PASSWORD: "p" }));
    }
}

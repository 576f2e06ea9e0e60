//! The Worker's secrets: which are set, which are sent along, and where a key that was made here is kept.
//!
//! Who reads a workflow's log or its summary may read the repository's secrets no more than that; so a key made in a
//! workflow is told to nobody. On a machine of one's own it is written down before it is sent.

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
/// What the component asks of a key.
const SHORTEST_KEY: usize = 16;

#[derive(Debug, PartialEq, Eq)]
enum Key {
    /// The Worker has one. Another would make what is sealed under it unreadable, so it is never replaced.
    Stays,
    Given(String),
    /// Made here, and kept in this file unless it was made in a workflow.
    Made(String, Option<PathBuf>),
}

#[derive(Debug)]
pub struct Secrets {
    key: Key,
    password: Option<String>,
    /// Whether the first visitor can make the console his.
    open: bool,
    key_given: bool,
}

impl Secrets {
    /// Decides what is sent. `there` names the secrets that the Worker has; without an account no key of an earlier run
    /// is found.
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

    /// Whether a key is set that nobody has seen before.
    pub fn is_new_key(&self) -> bool {
        matches!(&self.key, Key::Made(_, file) if !file.as_ref().is_some_and(|file| file.exists()))
    }

    /// Prints what becomes of each secret. `there` names those that the Worker has, where that is known.
    pub fn tell(&self, there: Option<&[String]>) {
        let key = match &self.key {
            Key::Stays if self.key_given => {
                "is set and stays; ENCRYPTION_KEY is not used (docs/cloudflare.md tells how to change it)"
            }
            Key::Stays => "is set and stays",
            Key::Given(_) => "to be set from ENCRYPTION_KEY",
            Key::Made(..) if !self.is_new_key() => "to be set, as it is written down here from an earlier run",
            Key::Made(..) => "to be made",
        };
        let password = match (&self.password, there) {
            (Some(_), _) => "to be set from ADMIN_PASSWORD",
            (None, Some(there)) if there.iter().any(|name| name.eq_ignore_ascii_case(PASSWORD)) => "is set and stays",
            (None, Some(_)) => "none",
            (None, None) => "none is given; one that the Worker has stays",
        };
        let unless = if there.is_none() && self.key != Key::Stays { ", unless the Worker has one" } else { "" };
        plan::row(KEY, &format!("{key}{unless}"));
        plan::row(PASSWORD, password);
    }

    /// Writes a made key down, before anything is sealed under it.
    pub fn keep(&self) -> Result<()> {
        if let Key::Made(key, Some(file)) = &self.key {
            fs::create_dir_all(file.parent().expect("it lies in a folder"))?;
            private::write(file, format!("{key}\n").as_bytes())?;
        }
        Ok(())
    }

    /// What goes up with the code; nothing when all of it stays.
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

    /// What the owner has to know once all is done.
    pub fn remind(&self) {
        match &self.key {
            Key::Made(_, Some(file)) => println!(
                "\n{KEY} was made and is kept in {}, readable by you only. Keep a copy elsewhere: Cloudflare never shows it \
                 again, and a backup of the database is worth nothing without it.",
                file.display()
            ),
            Key::Made(_, None) => println!(
                "\n::warning::{KEY} was made and set, and nobody can read it, you included. The service needs nothing more, \
                 but if the Worker is deleted, or its data restored elsewhere, account tokens and API keys have to be entered \
                 anew. To hold the key yourself, see docs/cloudflare.md."
            ),
            Key::Stays | Key::Given(_) => {}
        }
        if self.open {
            let mark = if env::var_os("GITHUB_ACTIONS").is_some() { "::warning::" } else { "" };
            println!(
                "\n{mark}No ADMIN_PASSWORD was given: until you sign in as admin with the password admin and choose another, \
                 the first visitor can. Do it now."
            );
        }
    }
}

/// An empty one counts as none: a workflow passes secrets on whether they exist or not.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn key(given: Option<String>, file: Option<PathBuf>) -> Result<Key> {
    if let Some(key) = given {
        if key.chars().count() < SHORTEST_KEY {
            bail!(
                "ENCRYPTION_KEY has {} characters: {SHORTEST_KEY} are the least, and random ones are best",
                key.chars().count()
            );
        }
        return Ok(Key::Given(key));
    }
    if let Some(file) = &file
        && file.exists()
    {
        let kept = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let kept = kept.trim();
        if kept.len() < SHORTEST_KEY {
            bail!("{} holds no key: restore it, or remove it to have one made", file.display());
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
        assert!(key(None, Some(file.clone())).unwrap_err().to_string().contains("holds no key"));
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

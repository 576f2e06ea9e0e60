//! Finds by name what the account has already, and creates the rest.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{api::Api, config::Config, migrations, plan::row, refusal::Refusal};

/// Error codes of the API.
const NO_SUCH_WORKER: i64 = 10007;
const NO_SUBDOMAIN: i64 = 10007;
const DATABASE_EXISTS: i64 = 7502;
const NAMESPACE_EXISTS: i64 = 10014;

const DATABASES: &str = "/d1/database";
const NAMESPACES: &str = "/storage/kv/namespaces";

#[derive(Debug)]
pub struct Found {
    database: Option<String>,
    /// The location of the database, if D1 reports it.
    location: Option<String>,
    namespace: Option<String>,
    /// The account's name on workers.dev, if the Worker gets an address there.
    pub subdomain: Option<String>,
    /// The names of the Worker's secrets. Cloudflare never returns their values.
    pub secrets: Vec<String>,
    /// The migrations that were applied to the database.
    pub applied: Vec<String>,
}

impl Found {
    /// Looks everything up without changes. Uses each part of the API, so that a missing permission fails here.
    pub fn look(api: &Api, config: &Config) -> Result<Self> {
        let secrets = format!("/workers/scripts/{}/secrets", config.name);
        let secrets = unless(api.get(&secrets), NO_SUCH_WORKER)?;
        let secrets = secrets.iter().filter_map(Value::as_array).flatten();
        let secrets = secrets.filter_map(|secret| secret["name"].as_str().map(str::to_owned)).collect();
        let database = match &config.database_id {
            Some(id) => Some(named_id(api, DATABASES, id, "database_id")?),
            None => find_database(api, &config.database)?,
        };
        let namespace = match &config.namespace_id {
            Some(id) => Some(named_id(api, NAMESPACES, id, "id")?),
            None => find_namespace(api, &config.namespace)?,
        };
        let subdomain = if config.workers_dev { Some(subdomain(api)?) } else { None };
        let (applied, location) = match &database {
            Some(id) => migrations::applied(api, id)?,
            None => (Vec::new(), None),
        };
        Ok(Found { database, location, namespace, subdomain, secrets, applied })
    }

    /// Prints what exists and what would be created. `wanted` is the location of a new database.
    pub fn print(&self, config: &Config, wanted: Option<&str>, missing: usize) {
        let state = |id: &Option<String>| id.as_ref().map_or("to be created".to_owned(), |id| format!("exists ({id})"));
        let place = wanted.filter(|_| self.database.is_none()).map_or(String::new(), |place| format!(" in {place}"));
        row(
            "database",
            &format!("{}: {}{place}, {missing} migrations to apply", config.database, state(&self.database)),
        );
        if let (Some(_), Some(wanted)) = (&self.database, wanted)
            && self.location.as_deref() != Some(wanted)
        {
            let place = self.location.as_ref().map_or(String::new(), |place| format!(", in {place}"));
            row(
                "",
                &format!(
                    "keeps its location{place}: only a new database can be created in {wanted} (docs/cloudflare.md)"
                ),
            );
        }
        row("namespace", &format!("{}: {}", config.namespace, state(&self.namespace)));
    }

    /// Returns how many account tokens are encrypted, so that a new key could not decrypt them.
    pub fn sealed_tokens(&self, api: &Api) -> Result<u64> {
        self.database.as_ref().map_or(Ok(0), |id| migrations::sealed_tokens(api, id))
    }

    /// Returns the database's id; creates the database if it does not exist.
    pub fn database(&self, api: &Api, config: &Config, location: Option<&str>) -> Result<String> {
        if let Some(id) = &self.database {
            return Ok(id.clone());
        }
        println!("creating the database {}", config.database);
        let mut body = json!({ "name": config.database });
        if let Some(place) = location {
            body["primary_location_hint"] = place.into();
        }
        match unless(api.post(DATABASES, &body), DATABASE_EXISTS)? {
            Some(made) => id_of(&made, "uuid"),
            // An earlier attempt of this call succeeded.
            None => find_database(api, &config.database)?
                .context("the database exists but is not in the account's list: run this again later"),
        }
    }

    /// Returns the namespace's id; creates the namespace if it does not exist.
    pub fn namespace(&self, api: &Api, config: &Config) -> Result<String> {
        if let Some(id) = &self.namespace {
            return Ok(id.clone());
        }
        println!("creating the namespace {}", config.namespace);
        match unless(api.post(NAMESPACES, &json!({ "title": config.namespace })), NAMESPACE_EXISTS)? {
            Some(made) => id_of(&made, "id"),
            None => find_namespace(api, &config.namespace)?
                .context("the namespace exists but is not in the account's list: run this again later"),
        }
    }
}

/// Returns the account's name on workers.dev.
fn subdomain(api: &Api) -> Result<String> {
    match unless(api.get("/workers/subdomain"), NO_SUBDOMAIN)? {
        Some(answer) => id_of(&answer, "subdomain"),
        None => bail!(
            "the account has no address on workers.dev yet: choose one at \
             https://dash.cloudflare.com/{}/workers/onboarding, then run this again",
            api.account
        ),
    }
}

fn find_database(api: &Api, name: &str) -> Result<Option<String>> {
    find(api, DATABASES, "name", name, "uuid")
}

fn find_namespace(api: &Api, title: &str) -> Result<Option<String>> {
    find(api, NAMESPACES, "title", title, "id")
}

fn find(api: &Api, list: &str, field: &str, name: &str, id: &str) -> Result<Option<String>> {
    api.pages(list)?.iter().find(|entry| entry[field] == name).map(|entry| id_of(entry, id)).transpose()
}

fn id_of(entry: &Value, field: &str) -> Result<String> {
    entry[field].as_str().map(str::to_owned).with_context(|| format!("Cloudflare's response has no `{field}`"))
}

/// Returns the id in wrangler.toml; fails if this account does not have it.
fn named_id(api: &Api, list: &str, id: &str, field: &str) -> Result<String> {
    let answer = api.get(&format!("{list}/{id}"));
    answer.with_context(|| {
        format!(
            "the `{field}` {id} in wrangler.toml is not in this account: correct it, or remove it to find it by name"
        )
    })?;
    Ok(id.to_owned())
}

/// Returns `None` for a refusal with this code.
fn unless(answer: Result<Value>, code: i64) -> Result<Option<Value>> {
    match answer {
        Err(error) if error.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.has(code)) => Ok(None),
        other => other.map(Some),
    }
}

//! Reads wrangler.toml and derives the configuration of one deployment, with the ids filled in. The tracked file is not
//! changed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::placement::Placement;

/// The longest name that an address on workers.dev allows, in characters.
const LONGEST_NAME: usize = 63;

#[derive(Debug)]
pub struct Config {
    value: Value,
    pub name: String,
    pub database: String,
    /// The id in the file, from the operator or Cloudflare's deploy button.
    pub database_id: Option<String>,
    pub namespace: String,
    pub namespace_id: Option<String>,
    pub migrations: PathBuf,
    /// Whether the Worker gets an address on workers.dev, by wrangler's rule.
    pub workers_dev: bool,
    /// The cloud region that the Worker runs near, from the command line, else from the file.
    pub region: Option<String>,
}

impl Config {
    /// Reads wrangler.toml; `name` and `placement` override its values. Fails if a required value is missing or invalid.
    pub fn read(root: &Path, name: Option<&str>, placement: Option<&Placement>) -> Result<Self> {
        let path = root.join("wrangler.toml");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text, root, name, placement)
    }

    fn parse(text: &str, root: &Path, other_name: Option<&str>, placement: Option<&Placement>) -> Result<Self> {
        let mut value: Value = toml::from_str(text).context("wrangler.toml is not valid")?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let name = match other_name {
            Some(name) => name.to_owned(),
            None => text(&value["name"]).context("wrangler.toml has no `name`")?,
        };
        check_name(&name)?;
        value["name"] = name.as_str().into();
        absolute(root, &mut value["main"]);
        if let Some(folder) = value.get_mut("assets").and_then(|assets| assets.get_mut("directory")) {
            absolute(root, folder);
        }
        let database = binding(&mut value, "d1_databases", "DB")?;
        absolute(root, &mut database["migrations_dir"]);
        let migrations =
            text(&database["migrations_dir"]).context("the database in wrangler.toml has no `migrations_dir`")?;
        if let Some(name) = other_name {
            // Two Workers on one database could not decrypt each other's secrets.
            database["database_name"] = name.into();
            database.as_object_mut().expect("a table").remove("database_id");
        }
        let database_name =
            text(&database["database_name"]).context("the database in wrangler.toml has no `database_name`")?;
        let database_id = text(&database["database_id"]);
        let namespace = binding(&mut value, "kv_namespaces", "KV")?;
        if other_name.is_some() {
            namespace.as_object_mut().expect("a table").remove("id");
        }
        let namespace_id = text(&namespace["id"]);
        if let Some(placement) = placement {
            value["placement"] = json!({ "region": placement.to_string() });
        }
        let routed =
            value.get("route").is_some() || value["routes"].as_array().is_some_and(|routes| !routes.is_empty());
        Ok(Config {
            workers_dev: value["workers_dev"].as_bool().unwrap_or(!routed),
            region: text(&value["placement"]["region"]),
            namespace: format!("{name}-cache"),
            database: database_name,
            migrations: migrations.into(),
            value,
            name,
            database_id,
            namespace_id,
        })
    }

    /// Returns whether the file sets a variable, in upper or lower case.
    pub fn has_variable(&self, name: &str) -> bool {
        self.value["vars"].as_object().is_some_and(|vars| vars.keys().any(|key| key.eq_ignore_ascii_case(name)))
    }

    /// Returns where the Worker runs, in words; empty if it runs near its clients.
    pub fn placement(&self) -> String {
        let mode = self.value["placement"]["mode"].as_str();
        let mode = mode.map(|mode| format!(", placement {mode}")).unwrap_or_default();
        self.region.as_ref().map_or(mode, |region| format!(", near {region}"))
    }

    /// Returns every address in the file. `subdomain` is the account's name on workers.dev, if known.
    pub fn addresses(&self, subdomain: Option<&str>) -> Vec<String> {
        let subdomain = subdomain.unwrap_or("<the account's name>");
        let routes = self.value["routes"].as_array().into_iter().flatten();
        let own = self.workers_dev.then(|| format!("https://{}.{subdomain}.workers.dev", self.name));
        routes.chain(self.value.get("route")).filter_map(route).chain(own).collect()
    }

    /// Returns the cron expressions.
    pub fn schedules(&self) -> Vec<String> {
        texts(&self.value["triggers"]["crons"])
    }

    /// Returns the bindings, each with its list in the file.
    pub fn bindings(&self) -> Vec<String> {
        let lists = self.value.as_object().into_iter().flatten();
        lists
            .flat_map(|(list, entries)| {
                let entries = entries.as_array().into_iter().flatten();
                entries.filter_map(move |entry| Some(format!("{} ({list})", entry["binding"].as_str()?)))
            })
            .collect()
    }

    /// Returns the names of the variables in the file.
    pub fn variables(&self) -> Vec<String> {
        self.value["vars"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    }

    /// Returns whether variables that were set in the dashboard stay.
    pub fn keeps_variables(&self) -> bool {
        self.value["keep_vars"] == true
    }

    /// Returns the folder of the console's files.
    pub fn assets(&self) -> Option<&Path> {
        self.value["assets"]["directory"].as_str().map(Path::new)
    }

    /// Returns the complete file for wrangler, with absolute paths.
    pub fn derived(&self, account: &str, database: &str, namespace: &str) -> Value {
        let mut value = self.value.clone();
        value["account_id"] = account.into();
        for (list, binding, field, id) in
            [("d1_databases", "DB", "database_id", database), ("kv_namespaces", "KV", "id", namespace)]
        {
            let entries = value[list].as_array_mut().expect("checked when it was parsed");
            let entry = entries.iter_mut().find(|entry| entry["binding"] == binding);
            entry.expect("checked when it was parsed")[field] = json!(id);
        }
        value
    }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Returns the address of a route: wrangler accepts a pattern, or a table with one.
fn route(route: &Value) -> Option<String> {
    let pattern = route.as_str().or_else(|| route["pattern"].as_str())?;
    let kind = if route["custom_domain"] == true { " (custom domain)" } else { "" };
    Some(format!("{pattern}{kind}"))
}

fn check_name(name: &str) -> Result<()> {
    if name.len() > LONGEST_NAME {
        bail!(
            "the Worker's name `{name}` has {} characters, the limit is {LONGEST_NAME}: choose a shorter one",
            name.len()
        );
    }
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(fits) || name.starts_with('-') || name.ends_with('-') {
        bail!("invalid Worker's name `{name}`: use a-z, 0-9 and inner hyphens");
    }
    Ok(())
}

fn binding<'a>(value: &'a mut Value, list: &str, name: &str) -> Result<&'a mut Value> {
    let entries = value.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
    let entry = entries.into_iter().find(|entry| entry["binding"] == name);
    entry.with_context(|| format!("wrangler.toml has no `{name}` among its [[{list}]]"))
}

fn absolute(root: &Path, path: &mut Value) {
    if let Some(relative) = path.as_str() {
        *path = root.join(relative).to_string_lossy().into_owned().into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "/r";

    fn parsed(more: &str, name: Option<&str>) -> Result<Config> {
        let text = format!(
            "name = \"g\"\nmain = \"cloudflare/worker.mjs\"\n{more}\n[assets]\ndirectory = \"static\"\n[vars]\nTrusted_Proxy = \"*\"\n\
             [[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"data\"\nmigrations_dir = \"migrations\"\n\
             [[kv_namespaces]]\nbinding = \"KV\"\n"
        );
        Config::parse(&text, Path::new(ROOT), name, None)
    }

    #[test]
    fn ids_are_filled_in_and_paths_made_absolute() {
        let config = parsed("", None).unwrap();
        assert_eq!(
            (config.name.as_str(), config.database.as_str(), config.namespace.as_str()),
            ("g", "data", "g-cache")
        );
        let derived = config.derived("acc", "d", "n");
        assert_eq!(derived["main"], "/r/cloudflare/worker.mjs");
        assert_eq!(derived["assets"]["directory"], "/r/static");
        assert_eq!(derived["d1_databases"][0]["migrations_dir"], "/r/migrations");
        assert_eq!(
            (&derived["d1_databases"][0]["database_id"], &derived["kv_namespaces"][0]["id"]),
            (&json!("d"), &json!("n"))
        );
        assert_eq!(derived["account_id"], "acc");
        assert!(config.has_variable("trusted_proxy") && !config.has_variable("encryption_key"));
    }

    #[test]
    fn another_name_has_a_database_of_its_own() {
        let config = parsed("", Some("mine")).unwrap();
        assert_eq!((config.database.as_str(), config.namespace.as_str()), ("mine", "mine-cache"));
        assert_eq!(config.derived("acc", "d", "n")["d1_databases"][0]["database_name"], "mine");
    }

    #[test]
    fn a_placement_takes_the_place_of_the_files_own() {
        let own = "placement = { mode = \"smart\" }\nname = \"g\"\nmain = \"m\"\nd1_databases = [{ binding = \"DB\", \
                   database_name = \"data\", migrations_dir = \"migrations\" }]\nkv_namespaces = [{ binding = \"KV\" }]";
        let placement = Placement::parse("aws:us-west-2").unwrap();
        let config = Config::parse(own, Path::new(ROOT), None, Some(&placement)).unwrap();
        assert_eq!(config.region.as_deref(), Some("aws:us-west-2"));
        assert_eq!(config.derived("acc", "d", "n")["placement"], json!({ "region": "aws:us-west-2" }));
        let config = Config::parse(own, Path::new(ROOT), None, None).unwrap();
        assert_eq!(
            (config.region.as_ref(), &config.derived("acc", "d", "n")["placement"]["mode"]),
            (None, &json!("smart"))
        );
    }

    #[test]
    fn routes_take_the_worker_off_workers_dev_unless_it_is_wanted() {
        let route = "routes = [{ pattern = \"g.example\", custom_domain = true }]";
        assert!(parsed("", None).unwrap().workers_dev);
        assert!(!parsed(route, None).unwrap().workers_dev);
        assert!(parsed(&format!("workers_dev = true\n{route}"), None).unwrap().workers_dev);
    }

    #[test]
    fn what_the_file_decides_can_be_told() {
        let more = "workers_dev = true\nkeep_vars = true\ntriggers = { crons = [\"0 * * * *\"] }\n\
                    routes = [\"a.example/*\", { pattern = \"g.example\", custom_domain = true }]\n\
                    r2_buckets = [{ binding = \"R2\" }]\nplacement = { mode = \"smart\" }";
        let config = parsed(more, None).unwrap();
        assert_eq!(
            config.addresses(None),
            ["a.example/*", "g.example (custom domain)", "https://g.<the account's name>.workers.dev"]
        );
        assert_eq!(config.addresses(Some("me"))[2], "https://g.me.workers.dev");
        let mut bindings = config.bindings();
        bindings.sort();
        assert_eq!(bindings, ["DB (d1_databases)", "KV (kv_namespaces)", "R2 (r2_buckets)"]);
        assert_eq!(
            (config.schedules(), config.variables()),
            (vec!["0 * * * *".to_owned()], vec!["Trusted_Proxy".to_owned()])
        );
        assert_eq!((config.placement().as_str(), config.keeps_variables()), (", placement smart", true));
        assert_eq!(config.assets(), Some(Path::new("/r/static")));
    }

    #[test]
    fn names_that_no_address_takes_are_refused() {
        for (name, said) in
            [("a".repeat(64), "has 64 characters"), ("My_Worker".into(), "a-z, 0-9"), ("a-".into(), "inner hyphens")]
        {
            let error = parsed("", Some(&name)).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert!(parsed("", Some(&"a".repeat(63))).is_ok());
    }

    #[test]
    fn the_file_of_this_repository_is_understood() {
        let config = Config::read(&crate::root(), None, None).unwrap();
        assert!(config.migrations.join("0001_initial.sql").exists());
    }
}

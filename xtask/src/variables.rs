//! Collects the application's variables for `up`, from options and the environment. Secrets come from the environment.

use std::fmt::Write;

use anyhow::{Result, bail};

use crate::checks::variables::table::VARIABLES;

/// The prefix of variables in the environment: Spin's convention, which the workerd host follows.
const PREFIX: &str = "SPIN_VARIABLE_";
/// The variables that the demonstration sets.
const DEMO: [&str; 3] = ["grok_base_url", "grok_assets_url", "admin_password"];

pub type Variable = (String, String);

/// Returns the name of a variable in the environment.
pub fn environment_name(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase())
}

/// Returns the variables of the environment, then the options, which override them. Fails for an option that the
/// manifest does not declare, because both hosts would ignore it. Fails for a secret, because every user of a machine
/// can read command lines. Fails for a value that the gateway would refuse.
pub fn collect(
    options: Vec<Variable>,
    environment: impl Iterator<Item = Variable>,
    manifest: &str,
    demo: bool,
) -> Result<Vec<Variable>> {
    let known = Known::of(manifest);
    for (name, _) in &options {
        if !known.names.contains(&name.as_str()) {
            bail!("unknown variable `{name}`, expected one of {}", known.names.join(", "));
        }
        if known.secrets.contains(&name.as_str()) {
            let variable = environment_name(name);
            bail!(
                "`{name}` is a secret, and every user of this machine can read command lines: set {variable} in the environment instead"
            );
        }
    }
    let mut all = known.environment(environment);
    all.extend(options);
    if let Some((name, _)) = all.iter().find(|(name, _)| demo && DEMO.contains(&name.as_str())) {
        bail!("--demo sets `{name}` itself: leave out --demo to set it");
    }
    let in_use = |name: &str| all.iter().rev().find(|(set, _)| set == name).map_or("", |(_, value)| value);
    if let Some(problem) = VARIABLES.iter().find_map(|variable| variable.problem(in_use(variable.name))) {
        bail!("{problem}");
    }
    Ok(all)
}

/// The variables that spin.toml declares.
struct Known<'a> {
    names: Vec<&'a str>,
    secrets: Vec<&'a str>,
}

impl<'a> Known<'a> {
    fn of(manifest: &'a str) -> Self {
        let lines = manifest.lines().skip_while(|line| line.trim() != "[variables]").skip(1);
        let declared = lines.take_while(|line| !line.starts_with('[')).filter_map(|line| line.split_once('='));
        let (mut names, mut secrets) = (Vec::new(), Vec::new());
        for (name, rest) in declared.map(|(name, rest)| (name.trim(), rest)).filter(|(name, _)| !name.starts_with('#'))
        {
            names.push(name);
            if rest.contains("secret = true") {
                secrets.push(name);
            }
        }
        Known { names, secrets }
    }

    /// Returns the variables of the environment by their own names. Prints unknown ones, which may be misspelt.
    fn environment(&self, environment: impl Iterator<Item = Variable>) -> Vec<Variable> {
        let mut found = Vec::new();
        let mut strange = String::new();
        for (variable, value) in environment.filter(|(variable, _)| variable.starts_with(PREFIX)) {
            match self.names.iter().find(|name| environment_name(name) == variable) {
                Some(name) => found.push(((*name).to_owned(), value)),
                None => _ = write!(strange, " {variable}"),
            }
        }
        if !strange.is_empty() {
            eprintln!("ignored unknown variables:{strange}; expected {}", self.names.join(", "));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[application]\nname = \"x\"\n[variables]\ngrok_base_url = { default = \"a\" }\n# one = two\n\
                            admin_password = { default = \"\", secret = true }\n[[trigger]]\nother = 1\n";

    fn pairs(list: &[(&str, &str)]) -> Vec<Variable> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn collected(options: &[(&str, &str)], environment: &[(&str, &str)], demo: bool) -> Result<Vec<Variable>> {
        collect(pairs(options), pairs(environment).into_iter(), MANIFEST, demo)
    }

    #[test]
    fn options_override_the_environment() {
        let environment = [
            ("SPIN_VARIABLE_ADMIN_PASSWORD", "a word"),
            ("SPIN_VARIABLE_GROK_BASE_URL", "http://e"),
            ("SPIN_VARIABLE_OTHER", "x"),
            ("ADMIN_PASSWORD", "y"),
        ];
        let all = collected(&[("grok_base_url", "http://o")], &environment, false).unwrap();
        let expected = [("admin_password", "a word"), ("grok_base_url", "http://e"), ("grok_base_url", "http://o")];
        assert_eq!(all, pairs(&expected));
    }

    #[test]
    fn a_secret_option_names_its_place_in_the_environment() {
        let error = collected(&[("admin_password", "word")], &[], false).unwrap_err().to_string();
        assert!(error.contains("set SPIN_VARIABLE_ADMIN_PASSWORD in the environment"), "{error}");
        assert!(!error.contains("word:"), "{error}");
    }

    #[test]
    fn a_wrong_value_is_refused_unless_it_is_overridden() {
        let wrong = [("SPIN_VARIABLE_GROK_BASE_URL", "grok.com")];
        let error = collected(&[], &wrong, false).unwrap_err().to_string();
        assert!(error.starts_with("The variable grok_base_url must be a URL that starts with http://"), "{error}");
        assert!(collected(&[("grok_base_url", "https://grok.com")], &wrong, false).is_ok());
        assert!(collected(&[("grok_base_url", "")], &wrong, false).is_ok());
    }

    #[test]
    fn a_demonstration_sets_its_own_wherever_they_come_from() {
        for (options, environment) in
            [(&[("grok_base_url", "http://o")][..], &[][..]), (&[], &[("SPIN_VARIABLE_ADMIN_PASSWORD", "a word")])]
        {
            let error = collected(options, environment, true).unwrap_err().to_string();
            assert!(error.contains("--demo sets"), "{error}");
        }
    }

    #[test]
    fn the_secrets_are_those_of_the_manifest() {
        let manifest = std::fs::read_to_string(crate::root().join("spin.toml")).unwrap();
        assert_eq!(Known::of(&manifest).secrets, ["admin_password", "encryption_key", "encryption_key_previous"]);
    }
}

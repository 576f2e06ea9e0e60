//! Checks a change by `POST /api/settings` as a whole, before anything is written.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::types::SECTION_AAD;
use super::{Definition, Form, Rule, Scalar, default_of, definitions, renamed};
use crate::{
    crypto::{password_hash, vault::Vault},
    error::{Error, Result},
    host::Host,
};

/// New values by name, `None` for a return to the default: a JSON merge patch (RFC 7396).
pub type Patch = BTreeMap<&'static str, Option<Scalar>>;

/// The body of `POST /api/settings`. Settings that it does not name stay as they are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    #[serde(default)]
    global_config: BTreeMap<String, Option<Scalar>>,
    #[serde(default)]
    grok_config: BTreeMap<String, Option<Scalar>>,
    /// The current password, which a new password requires.
    #[serde(default)]
    current_password: Option<String>,
}

/// A change that passed every check.
#[derive(Debug, Default)]
pub struct Checked {
    pub global: Patch,
    pub grok: Patch,
    pub password: Option<String>,
    /// The current password as the client sent it, not yet compared.
    pub current_password: Option<String>,
    pub api_key: ApiKeyChange,
    /// The names of the changed settings, as `section.name`.
    pub names: Vec<String>,
}

/// The change of the setting `api_key`.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum ApiKeyChange {
    #[default]
    Keep,
    Clear,
    Set(String),
}

impl Change {
    /// Returns the checked change, with secrets encrypted. Fails with 400 at the first invalid value, naming its path.
    pub fn check(self, host: &dyn Host, vault: &Vault) -> Result<Checked> {
        let mut checked = Checked { current_password: self.current_password, ..Checked::default() };
        let Change { global_config, mut grok_config, .. } = self;
        renamed::change(&mut grok_config).map_err(|message| Error::invalid("grok_config.show_thinking", message))?;
        for (section, values) in [("global", global_config), ("grok", grok_config)] {
            for (name, value) in values {
                let field = format!("{section}_config.{name}");
                let definition = definitions()
                    .find(|definition| definition.section == section && definition.name == name)
                    .ok_or_else(|| Error::invalid(&field, format!("{section} has no setting {name}")))?;
                checked.take(host, vault, definition, value, &field)?;
            }
        }
        renamed::store(&mut checked.grok);
        Ok(checked)
    }
}

impl Checked {
    fn take(
        &mut self,
        host: &dyn Host,
        vault: &Vault,
        definition: &'static Definition,
        value: Option<Scalar>,
        field: &str,
    ) -> Result<()> {
        let value = accept(&definition.rule, value).map_err(|message| Error::invalid(field, message))?;
        // An empty secret is a form field that the operator did not fill in.
        let is_secret = matches!(definition.rule, Rule::Secret { .. });
        if is_secret && value == Some(Scalar::Text(String::new())) {
            return Ok(());
        }
        self.names.push(format!("{}.{}", definition.section, definition.name));
        let form = if let Rule::Secret { form } = definition.rule { Some(form) } else { None };
        let value = match (form, value) {
            (Some(Form::Password), Some(Scalar::Text(clear))) => {
                password_hash::check_new(&clear, field)?;
                self.password = Some(clear);
                return Ok(());
            }
            (Some(Form::Password), _) => {
                return Err(Error::invalid(field, "The password can be changed, but not removed"));
            }
            (Some(Form::ApiKey), value) => {
                self.api_key = match value {
                    Some(Scalar::Text(clear)) => ApiKeyChange::Set(clear),
                    _ => ApiKeyChange::Clear,
                };
                return Ok(());
            }
            (Some(_), Some(Scalar::Text(clear))) => Some(Scalar::Text(vault.seal(host, &clear, SECTION_AAD))),
            (_, value) => value.filter(|value| default_of(&definition.rule).as_ref() != Some(value)),
        };
        let patch = if definition.section == "global" { &mut self.global } else { &mut self.grok };
        patch.insert(definition.name, value);
        Ok(())
    }
}

/// Minimum length of an API key that an operator chooses. Anyone who guesses a key can use the gateway.
const API_KEY_BYTES: usize = 16;

/// Returns the value in its stored form. Fails with a sentence for the operator.
fn accept(rule: &Rule, value: Option<Scalar>) -> Result<Option<Scalar>, String> {
    match (rule, value) {
        (_, None) => Ok(None),
        (Rule::Boolean { .. }, Some(Scalar::Boolean(flag))) => Ok(Some(Scalar::Boolean(flag))),
        (Rule::Boolean { .. }, _) => Err("This setting is true or false".to_owned()),
        (Rule::Integer { min, max, .. }, Some(Scalar::Integer(number))) if (*min..=*max).contains(&number) => {
            Ok(Some(Scalar::Integer(number)))
        }
        (Rule::Integer { min, max, .. }, _) => Err(format!("This setting is a whole number from {min} to {max}")),
        (Rule::Choice { options, .. }, Some(Scalar::Text(text))) if options.contains(&text.as_str()) => {
            Ok(Some(Scalar::Text(text)))
        }
        (Rule::Choice { options, .. }, _) => Err(format!("This setting is one of: {}", options.join(", "))),
        (Rule::Text { form, .. } | Rule::Secret { form }, Some(Scalar::Text(text))) => {
            form.accept(&text).map(|text| Some(Scalar::Text(text)))
        }
        (Rule::Text { .. } | Rule::Secret { .. }, _) => Err("This setting is a text".to_owned()),
    }
}

impl Form {
    /// Returns the text without surrounding white space and similar additions. Fails with a sentence for the operator
    /// if it does not have this form.
    fn accept(self, text: &str) -> Result<String, String> {
        /// Hosts refuse requests with much longer headers.
        const MAX_BYTES: usize = 4096;
        if text.len() > MAX_BYTES {
            return Err(format!("This setting has at most {MAX_BYTES} bytes"));
        }
        if self == Form::Password {
            return Ok(text.to_owned());
        }
        let text = text.trim();
        let refused = match self {
            Form::BaseUrl => return base_url(text),
            Form::Name if text.is_empty() || text.chars().count() > 100 => "This setting has 1 to 100 characters",
            Form::Name | Form::List if text.chars().any(char::is_control) => "This setting has no control characters",
            // Operators often copy the name of the cookie together with its value.
            Form::Cookie => {
                let value = text.strip_prefix("cf_clearance=").unwrap_or(text);
                if value.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)) {
                    return Ok(value.to_owned());
                }
                "This setting is the value of one cookie: visible ASCII without spaces, quotes, commas or semicolons"
            }
            Form::Header if !text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') => {
                "This setting goes into a header: one line of visible ASCII characters"
            }
            Form::ApiKey if !text.bytes().all(|byte| byte.is_ascii_graphic()) => {
                "An API key is made of visible ASCII characters without spaces"
            }
            // An empty secret is a form field that the operator did not fill in.
            Form::ApiKey if !text.is_empty() && text.len() < API_KEY_BYTES => {
                return Err(format!(
                    "An API key has at least {API_KEY_BYTES} characters: choose one that cannot be guessed"
                ));
            }
            _ => return Ok(text.to_owned()),
        };
        Err(refused.to_owned())
    }
}

/// Returns the address without slashes at its end. Links in Markdown and HTML start with it, so it must not contain
/// characters that end a link there.
fn base_url(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let is_in_link = |byte: u8| byte.is_ascii_graphic() && !b"\"'<>()\\^`{|}".contains(&byte);
    let is_address = |url: url::Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    let is_whole = text.bytes().all(is_in_link) && url::Url::parse(text).is_ok_and(is_address);
    if !text.is_empty() && !is_whole {
        let message = "This setting is an address like https://grok.example.org, without a query, quotes and brackets";
        return Err(message.to_owned());
    }
    // Clients of the API need an address with `/v1`, but links to files start with this address.
    let host = text.find("://").map_or(0, |at| at + "://".len());
    let lower = text.to_ascii_lowercase();
    let version = lower[host..].match_indices("/v1").map(|(at, found)| (host + at, host + at + found.len()));
    match version.into_iter().find(|(_, end)| matches!(lower[*end..].chars().next(), None | Some('/'))) {
        Some((at, _)) => Err(format!("Leave /v1 out of this address: write {}", text[..at].trim_end_matches('/'))),
        None => Ok(text.to_owned()),
    }
}

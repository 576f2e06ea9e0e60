//! The names of tools in the API, which takes letters, digits, `_` and `-` only, and their way back.

use std::collections::{BTreeMap, BTreeSet};

use crate::inference::prompt::{Part, Prompt, ToolChoice, ToolInput};

/// The longest name in bytes.
const LONGEST: usize = 64;

/// The names of a prompt's tools.
#[derive(Debug, Default)]
pub struct Names {
    /// The API's names by the client's.
    to_api: BTreeMap<String, String>,
    /// The client's names by the API's, and whether the tool takes free text.
    from_api: BTreeMap<String, (String, bool)>,
}

impl Names {
    /// Returns the names of a prompt. A name that the API takes stays as it is.
    pub fn new(prompt: &Prompt) -> Self {
        let is_custom = |name: &str| {
            let tool = prompt.tools.iter().find(|tool| tool.name == name);
            tool.is_some_and(|tool| matches!(tool.input, ToolInput::Text { .. }))
        };
        let all: BTreeSet<&str> = of_tools(prompt).chain(of_calls(prompt)).collect();
        let (fit, others): (Vec<&str>, Vec<&str>) = all.into_iter().partition(|name| is_name(name));
        let mut names = Names::default();
        for name in fit.into_iter().chain(others) {
            let api = names.free(name);
            names.from_api.insert(api.clone(), (name.to_owned(), is_custom(name)));
            names.to_api.insert(name.to_owned(), api);
        }
        names
    }

    /// Returns the API's name for one of the prompt.
    pub fn api<'n>(&'n self, name: &'n str) -> &'n str {
        self.to_api.get(name).map_or(name, String::as_str)
    }

    /// Returns the client's name for one of the API, and whether that tool takes free text.
    pub fn of_api<'n>(&'n self, name: &'n str) -> (&'n str, bool) {
        self.from_api.get(name).map_or((name, false), |(name, is_custom)| (name, *is_custom))
    }

    /// Returns whether the tool takes free text.
    pub fn is_custom(&self, name: &str) -> bool {
        self.of_api(self.api(name)).1
    }

    /// Returns a name that the API takes and that is free.
    fn free(&self, name: &str) -> String {
        let plain: String = name.chars().map(|c| if is_allowed(c) { c } else { '_' }).take(LONGEST).collect();
        let plain = if plain.is_empty() { "tool".to_owned() } else { plain };
        let numbered = (2..).map(|n| {
            let end = format!("_{n}");
            format!("{}{end}", &plain[..plain.len().min(LONGEST - end.len())])
        });
        let mut names = std::iter::once(plain.clone()).chain(numbered);
        names.find(|name| !self.from_api.contains_key(name)).expect("numbers have no end")
    }
}

/// Returns a name of a format that the API takes.
pub fn of_format(name: &str) -> String {
    Names::default().free(name)
}

fn of_tools(prompt: &Prompt) -> impl Iterator<Item = &str> {
    let named = if let ToolChoice::Named(name) = &prompt.tool_choice { Some(name.as_str()) } else { None };
    prompt.tools.iter().map(|tool| tool.name.as_str()).chain(named)
}

fn of_calls(prompt: &Prompt) -> impl Iterator<Item = &str> {
    let parts = prompt.messages.iter().flat_map(|message| &message.parts);
    parts.filter_map(|part| if let Part::ToolCall(call) = part { Some(call.name.as_str()) } else { None })
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn is_name(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len()) && name.chars().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::prompt::Tool;

    #[test]
    fn names_have_a_way_back_without_collisions() {
        let long = "x".repeat(70);
        let other = format!("{}é", "x".repeat(64));
        let all = ["mcp.look", "mcp_look", "mcp:look", "mcp/look", "mcp_look_2", "", "工具", "w", &long, &other];
        let tool = |name: &&str| Tool {
            name: (*name).to_owned(),
            description: String::new(),
            input: ToolInput::Text { grammar: None },
        };
        let names = Names::new(&Prompt { tools: all.iter().map(tool).collect(), ..Prompt::default() });
        let mut seen = BTreeSet::new();
        for name in all {
            let api = names.api(name);
            assert!(is_name(api) && seen.insert(api), "{name} {api}");
            assert_eq!(names.of_api(api), (name, true));
        }
        for kept in ["mcp_look", "mcp_look_2", "w"] {
            assert_eq!(names.api(kept), kept);
        }
        assert_eq!(names.of_api("unknown"), ("unknown", false));
    }
}

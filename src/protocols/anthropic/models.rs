//! Which model answers for a name that a client of Anthropic's API sends.
//!
//! Besides the gateway's own names, those of Claude are known, because programs such as Claude Code send them by
//! default, in each release new ones. This is the only place that maps them:
//!
//! | name | model | why |
//! |---|---|---|
//! | `claude-…haiku…` | `grok-fast` | small tasks, such as titles |
//! | any other `claude-…` | `grok-auto` | every account has it, and Grok chooses expert itself where it can |
//!
//! A client that has SuperGrok accounts names `grok-expert` itself.

use crate::{
    error::Error,
    providers::catalog::{self, Model},
};

const SMALL: &str = "grok-fast";
const LARGE: &str = "grok-auto";

/// Returns the model that answers for this name. Fails with 404 for an unknown name, and with 400 for a model that does
/// not chat.
pub fn find(name: &str) -> Result<Model, Error> {
    let is_claude = name.starts_with("claude-");
    let id = match () {
        () if is_claude && name.contains("haiku") => SMALL,
        () if is_claude => LARGE,
        () => name,
    };
    let model = catalog::find(id).ok_or_else(|| Error::unknown_model(name))?;
    if model.is_video || model.pictures.is_some() {
        let message = format!("{} does not chat: send its requests to POST /v1/chat/completions", model.id);
        return Err(Error::invalid("model", message));
    }
    Ok(model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn names_of_claude_stand_for_modes_of_grok() {
        for (name, id) in [
            ("claude-haiku-4-5-20251001", "grok-fast"),
            ("claude-3-5-haiku-latest", "grok-fast"),
            ("claude-sonnet-4-5", "grok-auto"),
            ("claude-opus-5-5", "grok-auto"),
            ("claude-2.1", "grok-auto"),
            ("grok-expert", "grok-expert"),
            ("grok-chat-fast", "grok-fast"),
        ] {
            assert_eq!(find(name).expect(name).id, id);
        }
        assert_eq!(find("claude").unwrap_err().kind, ErrorKind::ModelNotFound);
        for maker in catalog::MODELS.iter().filter(|model| model.id.contains("imagine")) {
            assert_eq!(find(maker.id).unwrap_err().kind, ErrorKind::Invalid, "{}", maker.id);
        }
    }
}

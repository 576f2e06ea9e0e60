//! The body of `POST /responses`.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    effort,
    failure::Optional,
    items::{self, Item},
    names::{self, Names},
    schema,
};
use crate::{
    crypto::digest::sha256_hex,
    inference::prompt::{Effort, Message, OutputFormat, Prompt, Role, Tool, ToolChoice, ToolInput},
    providers::{Call, ProviderError},
};

#[derive(Debug, Serialize)]
pub struct Body<'a> {
    model: &'a str,
    input: Vec<Item<'a>>,
    stream: bool,
    store: bool,
    include: [&'static str; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Value>,
    /// `None`: the model may make several calls at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel_tool_calls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
    prompt_cache_key: String,
}

#[derive(Debug, Serialize)]
struct Reasoning {
    effort: &'static str,
}

impl<'a> Body<'a> {
    /// Returns the body of a call, without some parts that it can do without. Fails if the API does not take a picture.
    pub fn new(call: &'a Call<'_>, names: &'a Names, without: &[Optional]) -> Result<Self, ProviderError> {
        let prompt = call.prompt;
        let has = |part| !without.contains(&part);
        let model = &*call.model.upstream_name;
        let wanted: Option<Effort> = prompt.effort.or(call.model.effort).filter(|_| has(Optional::Effort));
        let tools = tools(prompt, names);
        Ok(Body {
            model,
            input: items::of(prompt, names, call.account.id, has(Optional::Reasoning))?,
            stream: true,
            store: false,
            include: ["reasoning.encrypted_content"],
            tool_choice: choice(&prompt.tool_choice, names).filter(|_| !tools.is_empty()),
            parallel_tool_calls: (prompt.single_tool_call && !tools.is_empty()).then_some(false),
            tools,
            text: format(&prompt.format),
            reasoning: wanted
                .and_then(|wanted| effort::nearest(model, wanted))
                .map(|effort| Reasoning { effort: effort.name() }),
            temperature: prompt.sampling.temperature,
            top_p: prompt.sampling.top_p,
            max_output_tokens: prompt.limits.max_tokens,
            prompt_cache_key: cache_key(prompt),
        })
    }

    /// Returns whether the body has this part.
    pub fn has(&self, part: Optional) -> bool {
        match part {
            Optional::Reasoning => self.input.iter().any(|item| matches!(item, Item::Reasoning { .. })),
            Optional::Effort => self.reasoning.is_some(),
        }
    }
}

fn tools(prompt: &Prompt, names: &Names) -> Vec<Value> {
    let searches = [(prompt.searches.web, "web_search"), (prompt.searches.x, "x_search")];
    let searches = searches.into_iter().filter(|(is_wanted, _)| *is_wanted).map(|(_, name)| json!({ "type": name }));
    prompt.tools.iter().map(|tool| function(tool, names)).chain(searches).collect()
}

fn function(tool: &Tool, names: &Names) -> Value {
    let mut function = Map::new();
    function.insert("type".to_owned(), json!("function"));
    function.insert("name".to_owned(), json!(names.api(&tool.name)));
    if !tool.description.is_empty() {
        function.insert("description".to_owned(), json!(tool.description));
    }
    let (parameters, strict) = match &tool.input {
        ToolInput::Json { schema, strict: true } => (schema.clone(), true),
        ToolInput::Json { schema, strict: false } => (schema::accepted(schema), false),
        ToolInput::Text { grammar } => (free_text(grammar.as_deref()), false),
    };
    function.insert("parameters".to_owned(), Value::Object(parameters));
    if strict {
        function.insert("strict".to_owned(), json!(true));
    }
    Value::Object(function)
}

/// Returns the parameters of a tool that takes free text.
fn free_text(grammar: Option<&str>) -> Map<String, Value> {
    let about = match grammar {
        Some(grammar) => format!("The whole input of the tool, as text of this grammar:\n{grammar}"),
        None => "The whole input of the tool, as free text".to_owned(),
    };
    let schema = json!({
        "type": "object",
        "properties": { (super::calls::INPUT): { "type": "string", "description": about } },
        "required": [super::calls::INPUT],
        "additionalProperties": false,
    });
    if let Value::Object(schema) = schema { schema } else { Map::new() }
}

fn choice(choice: &ToolChoice, names: &Names) -> Option<Value> {
    match choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some(json!("none")),
        ToolChoice::Required => Some(json!("required")),
        ToolChoice::Named(name) => Some(json!({ "type": "function", "name": names.api(name) })),
    }
}

fn format(format: &OutputFormat) -> Option<Value> {
    let format = match format {
        OutputFormat::Text => return None,
        OutputFormat::JsonObject => json!({ "type": "json_object" }),
        OutputFormat::JsonSchema { name, description, schema, strict } => {
            let mut format = Map::new();
            format.insert("type".to_owned(), json!("json_schema"));
            format.insert("name".to_owned(), json!(names::of_format(name)));
            if !description.is_empty() {
                format.insert("description".to_owned(), json!(description));
            }
            format.insert("schema".to_owned(), Value::Object(schema.clone()));
            format.insert("strict".to_owned(), json!(strict));
            Value::Object(format)
        }
    };
    Some(json!({ "format": format }))
}

/// The bytes of a message that count for the cache key.
const KEYED: usize = 2_000;

/// Returns a text that is the same for all turns of a dialogue: the API then finds the beginning in its cache.
fn cache_key(prompt: &Prompt) -> String {
    let first = |is_it: fn(&Message) -> bool| {
        let text = prompt.messages.iter().find(|message| is_it(message)).map(Message::text).unwrap_or_default();
        text[..text.floor_char_boundary(KEYED)].to_owned()
    };
    let system = first(|message| matches!(message.role, Role::System | Role::Developer));
    let user = first(|message| message.role == Role::User);
    sha256_hex(&format!("{system}\n{user}"))[..32].to_owned()
}

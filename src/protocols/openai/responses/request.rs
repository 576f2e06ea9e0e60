//! A checked request of the Responses API. [`parse`](super::parse) makes it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::protocols::openai::chat_completions::chat_request::ChatRequest;

/// A checked request. Borrows from the body, because an inline picture may be megabytes long.
#[derive(Debug, Default)]
pub struct ResponsesRequest<'a> {
    /// What it has in common with a chat. The messages are those of `input`.
    pub chat: ChatRequest<'a>,
    pub instructions: Option<Cow<'a, str>>,
    /// Ids of items of earlier answers that `input` names.
    pub references: Vec<String>,
    pub previous: Option<String>,
    /// Whether the client wants the response to be stored.
    pub store: bool,
    /// Tools of namespaces.
    pub namespaced: Vec<Namespaced>,
    /// `include` has `reasoning.encrypted_content`.
    pub includes_encrypted: bool,
    pub echo: Echo,
}

/// A tool of a namespace. The model knows it by one name, the client by two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespaced {
    /// The name for the model.
    pub full: String,
    pub namespace: String,
    pub name: String,
}

/// Fields of the request that the response repeats as they were sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Echo {
    pub instructions: Value,
    pub max_output_tokens: Value,
    pub metadata: Value,
    pub parallel_tool_calls: Value,
    pub previous_response_id: Value,
    pub prompt_cache_key: Value,
    pub reasoning: Map<String, Value>,
    pub safety_identifier: Value,
    pub temperature: Value,
    pub text: Map<String, Value>,
    pub tool_choice: Value,
    pub tools: Value,
    pub top_p: Value,
    pub truncation: Value,
    pub user: Value,
}

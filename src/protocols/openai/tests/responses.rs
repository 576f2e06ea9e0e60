//! Responses through the router: what they cost the database, and who may continue them.

use super::*;

const OTHER: &str = "sk-other";

impl Gateway {
    /// Sends a request below `/v1/responses`. Returns status, body and the number of statements, with those after the
    /// answer.
    fn responses(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value, usize) {
        let mut request = self.request(body.to_string());
        *request.uri_mut() = format!("http://gateway.test/v1/responses{path}").parse().expect("a valid address");
        *request.method_mut() = method;
        self.host.statements.borrow_mut().clear();
        let reply = self.host.run(router::route(self.host.app(), request).boxed_local());
        let (head, body) = reply.into_parts();
        let bytes: Vec<u8> = match body {
            Body::Full(body) => body.to_vec(),
            Body::Stream(chunks) => self.host.run(chunks.collect::<Vec<_>>()).concat(),
            _ => panic!("another body, {}", head.status),
        };
        self.host.settle();
        let text = String::from_utf8(bytes).expect("UTF-8");
        let json = serde_json::from_str(&text).unwrap_or(Value::String(text));
        (head.status, json, self.host.statements.borrow().len())
    }

    fn create(&self, more: Value) -> (StatusCode, Value, usize) {
        let mut body = json!({ "model": "grok-4-fast", "input": "hi" });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        self.responses(Method::POST, "", body)
    }

    /// Returns the gateway as the client with another key sees it.
    fn with_other_key(mut self) -> Self {
        let key = vec![sha256_hex(OTHER).into()];
        self.host.sql("INSERT INTO api_keys (hash, display, name, created_at) VALUES (?, 'sk', 'other', 0)", key);
        self.key = Some(OTHER.to_owned());
        self
    }
}

fn gateway() -> Gateway {
    let gateway = Gateway::new(1);
    gateway.host.set_variable("encryption_key", "a key of sixteen or more characters");
    gateway.upstream(|_| whole_answer());
    gateway
}

#[test]
fn storing_and_continuing_cost_a_statement_each() {
    let gateway = gateway();
    assert_eq!(gateway.create(json!({ "store": false })).2, 2, "one before, one after");
    let (status, first, statements) = gateway.create(json!({}));
    assert_eq!((status, statements), (StatusCode::OK, 2 + 3), "the first one creates the table");
    assert_eq!(gateway.create(json!({})).2, 2 + 1);
    let (status, second, statements) = gateway.create(json!({ "previous_response_id": first["id"] }));
    assert_eq!((status, statements), (StatusCode::OK, 2 + 2), "{second}");
    let streamed = gateway.create(json!({ "previous_response_id": second["id"], "stream": true }));
    assert_eq!((streamed.0, streamed.2), (StatusCode::OK, 2 + 2));
    let sent = gateway.host.requests.borrow().last().expect("it was sent").body().clone();
    let sent = String::from_utf8(sent.to_vec()).expect("UTF-8");
    assert_eq!(sent.matches("Hello world").count(), 2, "both answers before: {sent}");
    assert_eq!(gateway.host.number("SELECT count(*) FROM responses WHERE sealed NOT LIKE 'v1.%'"), 0);
}

#[test]
fn a_stream_is_stored_before_its_end_is_sent() {
    let gateway = gateway();
    let (_, stream, _) = gateway.create(json!({ "stream": true }));
    let stream = stream.as_str().expect("a stream");
    let last = stream.trim_end().rsplit("data: ").next().expect("an event");
    let last: Value = serde_json::from_str(last).expect("JSON");
    assert_eq!(last["type"], "response.completed");
    let id = last["response"]["id"].as_str().expect("an id");
    let (status, stored, statements) = gateway.responses(Method::GET, &format!("/{id}"), Value::Null);
    assert_eq!((status, statements), (StatusCode::OK, 2));
    assert_eq!(stored, last["response"]);
}

#[test]
fn what_fails_is_not_stored() {
    let gateway = gateway();
    gateway.upstream(|_| Answer::chunks([token("Hel")]));
    let (_, stream, _) = gateway.create(json!({ "stream": true }));
    assert!(stream.as_str().is_some_and(|stream| stream.contains("event: response.failed")), "{stream}");
    assert_eq!(gateway.host.number("SELECT count(*) FROM sqlite_master WHERE name = 'responses'"), 0);
}

#[test]
fn a_response_belongs_to_its_key() {
    let gateway = gateway();
    let (_, first, _) = gateway.create(json!({ "input": "a secret" }));
    let id = first["id"].as_str().expect("an id").to_owned();
    let item = first["output"][0]["id"].clone();
    let path = format!("/{id}");
    let items = gateway.responses(Method::GET, &format!("{path}/input_items"), Value::Null).1;
    assert_eq!(items["data"][0]["content"], json!([{ "type": "input_text", "text": "a secret" }]));
    let reference = json!({ "input": [{ "type": "item_reference", "id": item }, { "role": "user", "content": "x" }] });
    assert_eq!(gateway.create(reference.clone()).0, StatusCode::OK);
    let stranger = gateway.with_other_key();
    for (answer, code) in [
        (stranger.create(json!({ "previous_response_id": id })), "previous_response_not_found"),
        (stranger.create(reference), "not_found"),
        (stranger.responses(Method::GET, &path, Value::Null), "not_found"),
        (stranger.responses(Method::GET, &format!("{path}/input_items"), Value::Null), "not_found"),
        (stranger.responses(Method::DELETE, &path, Value::Null), "not_found"),
    ] {
        assert_eq!((answer.0, &answer.1["error"]["code"]), (StatusCode::NOT_FOUND, &json!(code)), "{}", answer.1);
    }
    let mut unknown = stranger;
    unknown.key = Some("sk-unknown".to_owned());
    assert_eq!(unknown.create(json!({ "previous_response_id": id })).0, StatusCode::UNAUTHORIZED);
}

#[test]
fn a_long_response_and_an_unwanted_one_are_not_stored() {
    let gateway = gateway();
    let stored = || gateway.host.number("SELECT count(*) FROM sqlite_master WHERE name = 'responses'");
    let (status, long, _) = gateway.create(json!({ "metadata": { "a": "x".repeat(1 << 20) } }));
    assert_eq!((status, &long["store"]), (StatusCode::OK, &json!(false)));
    gateway.host.sql("INSERT INTO settings VALUES ('global', '{\"store_responses\":false}')", vec![]);
    assert_eq!(gateway.create(json!({})).1["store"], false);
    assert_eq!(stored(), 0);
}

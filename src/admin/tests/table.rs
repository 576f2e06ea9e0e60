//! Every row of the route table: described in the document, guarded, and clear about wrong input. A new route is
//! covered without a new test.

use std::collections::BTreeSet;

use super::{
    schema::{document, example, faults, resolved},
    *,
};
use crate::http::router::{Entry, Guard, table};

/// A path that fits the pattern.
fn concrete(pattern: &str) -> String {
    pattern.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/")
}

/// The console's routes, each with its description in the document.
fn of_console(document: &Value) -> Vec<(Entry, &Value)> {
    let entries = table().filter(|entry| matches!(entry.guard, Guard::Session | Guard::Admin));
    entries
        .map(|entry| {
            let route = &document["paths"][entry.path][entry.method.as_str().to_lowercase()];
            (entry, route)
        })
        .collect()
}

#[test]
fn the_document_has_every_route_and_no_other() {
    let document = document();
    let api = || table().filter(|entry| entry.guard != Guard::File);
    let routed: BTreeSet<(String, String)> =
        api().map(|entry| (entry.path.to_owned(), entry.method.as_str().to_lowercase())).collect();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("it has paths") {
        described.extend(methods.as_object().expect("it has methods").keys().map(|name| (path.clone(), name.clone())));
    }
    let missing: Vec<_> = routed.difference(&described).collect();
    assert!(missing.is_empty(), "describe these routes in src/http/openapi.json: {missing:?}");
    let gone: Vec<_> = described.difference(&routed).collect();
    assert!(gone.is_empty(), "these are no routes: {gone:?}");

    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    for entry in api() {
        let route = &document["paths"][entry.path][entry.method.as_str().to_lowercase()];
        let security = match entry.guard {
            Guard::Public | Guard::File => json!([]),
            Guard::Key => json!([{ "apiKey": [] }]),
            Guard::Session | Guard::Admin => Value::Null,
        };
        assert_eq!(route["security"], security, "{} {}", entry.method, entry.path);
        let in_path = entry.path.contains('{');
        assert_eq!(route["parameters"][0]["in"] == "path", in_path, "{} {}", entry.method, entry.path);
    }
}

#[test]
fn the_page_for_people_has_every_route_and_field() {
    let (page, document) = (include_str!("../../../docs/admin-api.md"), document());
    for entry in table().filter(|entry| entry.path.starts_with("/api/")) {
        let route = format!("{} {}", entry.method, entry.path);
        let is_there = ['`', '?', ' '].into_iter().any(|end| page.contains(&format!("`{route}{end}")));
        assert!(is_there, "describe `{route}` in docs/admin-api.md");
    }
    for row in ["Key", "Token", "LogEntry", "MadeFile", "ModeSum"] {
        for field in document["components"]["schemas"][row]["properties"].as_object().expect("it has fields").keys() {
            let is_there = page.contains(&format!("`{field}`")) || page.contains(&format!("\"{field}\""));
            assert!(is_there, "describe the field {field} of {row} in docs/admin-api.md");
        }
    }
}

#[test]
fn references_lead_somewhere() {
    fn walk(document: &Value, value: &Value) {
        resolved(document, value);
        match value {
            Value::Object(fields) => fields.values().for_each(|field| walk(document, field)),
            Value::Array(items) => items.iter().for_each(|item| walk(document, item)),
            _ => {}
        }
    }
    walk(&document(), &document());
}

#[test]
fn strangers_get_401_from_every_route_of_the_console() {
    let open: Vec<&str> = (table().filter(|entry| entry.path.starts_with("/api/") && entry.guard == Guard::Public))
        .map(|entry| entry.path)
        .collect();
    assert_eq!(open, ["/api/login"]);
    for (token, code) in [(None, "MISSING_SESSION"), (Some("Bearer wrong"), "SESSION_EXPIRED")] {
        let mut console = Console::new();
        if let Some(token) = token {
            console.header("authorization", token);
        }
        for (entry, _) in of_console(&document()) {
            let answer = console.ask(entry.method.clone(), &concrete(entry.path), "{}".to_owned());
            assert_eq!(answer.refusal(), (401, code, ""), "{} {}", entry.method, entry.path);
        }
    }
}

#[test]
fn the_first_run_password_allows_only_to_change_it() {
    let others: Vec<&str> = table().filter(|e| e.guard == Guard::Session).map(|e| e.path).collect();
    assert_eq!(others, ["/api/session", "/api/logout", "/api/password"]);
    let mut console = Console::new();
    console.sign_in("admin");
    for (entry, _) in of_console(&document()) {
        if entry.guard == Guard::Admin {
            let answer = console.ask(entry.method.clone(), &concrete(entry.path), "{}".to_owned());
            assert_eq!(answer.refusal(), (403, "PASSWORD_CHANGE_REQUIRED", ""), "{} {}", entry.method, entry.path);
        }
    }
}

#[test]
fn other_methods_get_405_with_those_that_there_are() {
    let console = Console::signed_in();
    for entry in table().filter(|entry| entry.path.starts_with("/api/")) {
        let path = concrete(entry.path);
        let taken: Vec<Method> = table().filter(|e| concrete(e.path) == path).map(|e| e.method.clone()).collect();
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            if taken.contains(&method) {
                continue;
            }
            let answer = console.ask(method.clone(), &path, "{}".to_owned());
            assert_eq!(answer.refusal(), (405, "method_not_allowed", ""), "{method} {path}");
            let allow = answer.headers["allow"].to_str().expect("it is text").to_owned();
            assert!(
                taken.iter().all(|method| allow.split(", ").any(|name| name == method.as_str())),
                "{path}: {allow}"
            );
        }
    }
}

/// Checks that the answer is a 400 that names the field, or one inside it.
#[track_caller]
fn names(answer: &Answer, field: &str, what: &str) {
    let (status, _, named) = answer.refusal();
    let inside = named.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    assert!(status == 400 && inside, "{what}: {status} {}", answer.body);
}

#[test]
fn wrong_input_is_a_400_that_names_the_field() {
    let console = Console::signed_in();
    let document = document();
    let public = (table().find(|entry| entry.path == "/api/login"))
        .map(|entry| (entry, &document["paths"]["/api/login"]["post"]));
    for (entry, route) in of_console(&document).into_iter().chain(public) {
        let (method, path) = (entry.method, concrete(entry.path));
        for parameter in route["parameters"].as_array().into_iter().flatten().filter(|given| given["in"] == "query") {
            let (name, schema) = (parameter["name"].as_str().expect("a name"), &parameter["schema"]);
            let wrong = match schema["maxLength"].as_u64() {
                Some(most) => "x".repeat(most as usize + 1),
                None => "~".to_owned(),
            };
            let path = format!("{path}?{name}={wrong}");
            names(&console.ask(method.clone(), &path, String::new()), name, &format!("{method} {path}"));
        }
        let schema = resolved(&document, &route["requestBody"]["content"]["application/json"]["schema"]);
        let Some(properties) = schema["properties"].as_object() else { continue };
        for body in ["", "{", "[]", "7", "null"] {
            assert_eq!(console.ask(method.clone(), &path, body.to_owned()).refusal().0, 400, "{method} {path} {body}");
        }
        let good: Value =
            properties.iter().map(|(name, schema)| (name.clone(), example(&document, schema, false))).collect();
        assert_eq!(faults(&document, schema, &good, "the example"), Vec::<String>::new());
        for (name, schema) in properties {
            let mut body = good.clone();
            body[name] = example(&document, schema, true);
            names(&console.ask(method.clone(), &path, body.to_string()), name, &format!("{method} {path} {body}"));
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let mut body = good.clone();
            body.as_object_mut().expect("it is an object").remove(name);
            names(&console.ask(method.clone(), &path, body.to_string()), name, &format!("{method} {path} {body}"));
        }
    }
}

/// Checks an answer against the document, if the path is a route.
pub fn check(method: &Method, path: &str, status: StatusCode, content_type: &str, body: &Value) {
    let document = document();
    let path = path.split('?').next().unwrap_or_default();
    let route = &document["paths"][path][method.as_str().to_lowercase()];
    if route.is_null() {
        return;
    }
    let responses = &route["responses"];
    let response = responses.get(status.as_str()).unwrap_or(&responses["default"]);
    let media = content_type.split(';').next().unwrap_or_default();
    let schema = &resolved(&document, response)["content"][media]["schema"];
    assert!(!schema.is_null(), "{method} {path}: {status} with {media} is not in the document");
    assert_eq!(faults(&document, schema, body, "the answer"), Vec::<String>::new(), "{method} {path} {status}");
}

//! The console's routes through the router, on real SQLite.

use std::rc::Rc;

use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    crypto::digest::sha256_hex,
    host::{
        Body,
        native::{Answer as Upstream, NativeHost},
    },
    http::router,
};

mod attempts;
mod first_browser;
mod invalid_tokens;
mod keys;
mod logs;
mod media;
mod owners;
mod readings;
mod refresh;
mod schema;
mod session;
mod settings;
mod stats;
mod table;
mod token_files;
mod token_list;
mod tokens;
mod upgrades;
mod upstream_check;
mod xai;
mod xai_budgets;

/// Answers a call about an account as Grok does: a session without a user id, the subscription of its type (Super for
/// tokens with `ssoSuper` in their name), and what `limits` says of a mode.
fn about_account(request: &http::Request<Bytes>, limits: impl Fn(&str) -> Value) -> Upstream {
    let is_super = token_of(request).contains("ssoSuper");
    let subscription = json!({ "tier": "SUBSCRIPTION_TIER_GROK_PRO", "status": "SUBSCRIPTION_STATUS_ACTIVE" });
    let body = match request.uri().path() {
        "/rest/subscriptions" => json!({ "subscriptions": if is_super { vec![subscription] } else { vec![] } }),
        "/rest/rate-limits" => {
            let asked: Value = serde_json::from_slice(request.body()).expect("it is JSON");
            limits(asked["modelName"].as_str().expect("a mode"))
        }
        "/rest/media/imagine/quota_info" => json!({
            "image": null, "imagePro": { "available": true, "remainingQueries": 2, "windowSizeSeconds": 86_400 },
            "imageEdit": null, "video": null, "video720p": { "available": true, "windowSizeSeconds": 86_400 },
        }),
        _ => json!({ "userId": format!("8f1c1e0a-9f3e-4a5f-8f7f-{}", &sha256_hex(&token_of(request))[..12]) }),
    };
    Upstream::new(200, body.to_string())
}

fn token_of(request: &http::Request<Bytes>) -> String {
    let cookie = request.headers()["cookie"].to_str().expect("cookies are ASCII");
    cookie.split("sso=").nth(1).and_then(|rest| rest.split(';').next()).expect("there is a cookie sso").to_owned()
}

/// A browser at the console of one gateway.
struct Console {
    host: Rc<NativeHost>,
    headers: HeaderMap,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
    /// How many statements the call sent.
    statements: usize,
}

impl Console {
    /// Returns a browser that is not signed in.
    fn new() -> Self {
        let host = NativeHost::new();
        host.set_variable("password_iterations", "1000");
        let mut console = Console { host, headers: HeaderMap::new() };
        console.header("spin-client-addr", "192.0.2.1:50000");
        console
    }

    /// Returns a signed-in browser, with a password of the operator's choice.
    fn signed_in() -> Self {
        let mut console = Console::new();
        console.host.set_variable("admin_password", "a long password");
        console.sign_in("a long password");
        // Another instance reads accounts from Grok; `readings` has tests of its own.
        console.host.sql("INSERT INTO leases VALUES ('readings', 4000000000000)", vec![]);
        console
    }

    /// Stores what is left to an account in a mode, until `until`.
    fn quota(&self, id: i64, mode: &str, left: i64, until: i64) {
        self.host.sql(
            "INSERT INTO account_quotas (account_id, bucket, remaining, total, until) VALUES (?, ?, ?, 50, ?)
             ON CONFLICT (account_id, bucket) DO UPDATE SET remaining = excluded.remaining, until = excluded.until",
            vec![id.into(), mode.into(), left.into(), until.into()],
        );
    }

    /// Lets an account rest for a mode.
    fn cool(&self, id: i64, mode: &str, until: i64) {
        self.host.sql(
            "INSERT INTO account_quotas (account_id, bucket, cool_until) VALUES (?, ?, ?)
             ON CONFLICT (account_id, bucket) DO UPDATE SET cool_until = excluded.cool_until",
            vec![id.into(), mode.into(), until.into()],
        );
    }

    fn header(&mut self, name: &'static str, value: &str) {
        self.headers.insert(name, value.parse().expect("a test's header is valid"));
    }

    fn login(&self, password: &str) -> Answer {
        self.post("/api/login", json!({ "username": "admin", "password": password }))
    }

    fn sign_in(&mut self, password: &str) -> Answer {
        let answer = self.login(password);
        let token = answer.body["token"].as_str().unwrap_or_else(|| panic!("no session: {}", answer.body));
        self.header("authorization", &format!("Bearer {token}"));
        answer
    }

    fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, String::new())
    }

    fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, body.to_string())
    }

    fn ask(&self, method: Method, path: &str, body: String) -> Answer {
        let chunks = futures::stream::iter([Ok(Bytes::from(body))]).boxed_local();
        let mut request = http::Request::new(chunks);
        let asked = method.clone();
        *request.method_mut() = method;
        *request.uri_mut() = format!("http://gateway.test{path}").parse().expect("a test's path is valid");
        *request.headers_mut() = self.headers.clone();
        self.host.statements.borrow_mut().clear();
        let reply = self.host.run(router::route(self.host.app(), request).boxed_local());
        let (head, body) = reply.into_parts();
        let body = match body {
            Body::Full(body) => body.to_vec(),
            Body::Stream(chunks) => self.host.run(chunks.collect::<Vec<_>>()).concat(),
            Body::Fallible(_) | Body::Passthrough(_) => panic!("{path} answers a file"),
        };
        let body = match head.headers["content-type"].to_str() {
            Ok("text/csv; charset=utf-8" | "text/plain; charset=utf-8") => {
                Value::String(String::from_utf8(body).expect("it is UTF-8"))
            }
            _ => serde_json::from_slice(&body).unwrap_or_else(|e| panic!("{path} answers no JSON: {e}")),
        };
        let statements = self.host.statements.borrow().len();
        let content_type = head.headers["content-type"].to_str().expect("it is text");
        let is_file = head.headers.contains_key("content-disposition") && body.is_array();
        if !is_file {
            table::check(&asked, path, head.status, content_type, &body);
        }
        Answer { status: head.status, headers: head.headers, body, statements }
    }
}

impl Answer {
    /// Returns the status and the code of an error, with the field at fault.
    fn refusal(&self) -> (u16, &str, &str) {
        assert_eq!(self.body["success"], false, "{}", self.body);
        (self.status.as_u16(), self.body["code"].as_str().unwrap_or(""), self.body["field"].as_str().unwrap_or(""))
    }

    #[track_caller]
    fn ok(self) -> Self {
        assert_eq!((self.status, &self.body["success"]), (StatusCode::OK, &Value::Bool(true)), "{}", self.body);
        self
    }
}

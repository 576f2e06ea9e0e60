//! What is read of a key, and the console's check.

use std::time::Duration;

use super::*;
use crate::{
    host::SendError,
    providers::{
        check::State,
        xai::{
            account::{self, Facts},
            check::{self, StepName},
        },
    },
};

fn info() -> Value {
    json!({ "redacted_api_key": "xai-...1234", "name": "mine", "team_id": "team-1", "user_id": "u", "api_key_id": "k",
        "acls": ["api-key:endpoint:*", "api-key:model:*"], "api_key_blocked": false, "api_key_disabled": false,
        "team_blocked": false })
}

fn texts() -> Value {
    json!({ "models": [{ "id": "grok-4.7", "aliases": ["grok-latest"] }, { "id": "grok-4.3", "aliases": [] }, { "no": 1 }] })
}

fn pictures() -> Value {
    json!({ "models": [{ "id": "grok-imagine-image" }, { "id": "grok-imagine-video" }] })
}

/// Returns an API that answers each path with a status and a body.
fn api(info: (u16, Value), texts: (u16, Value), pictures: (u16, Value)) -> Api {
    Api::new(move |request| {
        let (status, body) = match request.uri().path() {
            "/v1/api-key" => &info,
            "/v1/language-models" => &texts,
            "/v1/image-generation-models" => &pictures,
            other => panic!("{other}"),
        };
        Answer::new(*status, body.to_string())
    })
}

fn read(api: &Api) -> Result<Facts, ProviderError> {
    let app = api.host.app();
    api.host.run(async move { account::read(&app, KEY).await })
}

fn denied() -> Value {
    json!({ "code": "x", "error": "The key lacks permission" })
}

#[test]
fn a_key_has_a_name_a_team_and_models() {
    let api = api((200, info()), (200, texts()), (200, pictures()));
    let models = ["grok-4.7", "grok-4.3", "grok-imagine-image"].map(str::to_owned).into();
    assert_eq!(read(&api), Ok(Facts { name: "mine".to_owned(), team_id: "team-1".to_owned(), models }));
    assert_eq!(api.requests(), account::MOST_CALLS);
    assert!(
        api.host.requests.borrow().iter().all(|request| request.headers()["authorization"] == format!("Bearer {KEY}"))
    );
}

#[test]
fn a_key_that_is_kept_from_some_models_has_the_others() {
    let models = |answer: Result<Facts, _>| answer.map(|facts| facts.models.join(" "));
    let without_pictures = api((200, info()), (200, texts()), (403, denied()));
    assert_eq!(models(read(&without_pictures)), Ok("grok-4.7 grok-4.3".to_owned()));
    let only_pictures = api((200, info()), (403, denied()), (200, pictures()));
    assert_eq!(models(read(&only_pictures)), Ok("grok-imagine-image".to_owned()));
    let neither = api((200, info()), (403, denied()), (403, denied()));
    assert!(matches!(read(&neither), Err(ProviderError::NotEntitled(_))));
    let mut limited = info();
    limited["acls"] = json!(["api-key:endpoint:*", "api-key:model:grok-latest", "api-key:model:grok-imagine-image"]);
    let limited = api((200, limited), (200, texts()), (200, pictures()));
    assert_eq!(models(read(&limited)), Ok("grok-4.7 grok-imagine-image".to_owned()));
}

#[test]
fn a_key_that_has_ended_is_dead_and_says_why() {
    for (member, word) in [("api_key_blocked", "blocked"), ("api_key_disabled", "disabled"), ("team_blocked", "team")] {
        let mut ended = info();
        ended[member] = json!(true);
        let api = api((200, ended), (200, texts()), (200, pictures()));
        let error = read(&api).expect_err("it has ended");
        assert!(matches!(&error, ProviderError::DeadAccount(words) if words.contains(word)), "{error}");
        assert_eq!(api.requests(), 1);
    }
    let wrong =
        json!({ "code": "Client specified an invalid argument", "error": "Incorrect API key provided: xa***34." });
    let error = read(&api((400, wrong), (200, texts()), (200, pictures()))).expect_err("it is wrong");
    assert_eq!(error.to_string(), "account refused: the key is wrong: Incorrect API key provided: xai-***.");
}

#[test]
fn answers_that_are_no_lists_are_errors() {
    let page = || Value::String("<html>".to_owned());
    assert_eq!(read(&api((200, page()), (200, texts()), (200, pictures()))), Err(ProviderError::Server(502)));
    for body in [page(), json!({}), json!({ "models": 5 })] {
        let answer = read(&api((200, info()), (200, body.clone()), (200, pictures())));
        assert!(answer.is_err(), "{body} {answer:?}");
    }
    assert!(read(&api((200, info()), (500, json!({})), (200, pictures()))).is_err());
}

/// Returns the state of each step, and the words of the failed one.
fn checked(api: &Api) -> ([State; 4], String) {
    let app = api.host.app();
    let report = api.host.run(async move { check::run(&app, KEY).await });
    let names: Vec<_> = report.steps.iter().map(|step| step.name).collect();
    assert_eq!(names, [StepName::Name, StepName::Connect, StepName::Key, StepName::Models]);
    let failed = report.steps.iter().find(|step| step.state == State::Failed);
    assert_eq!(report.facts.as_ref().err().map(|(step, _)| *step), failed.map(|step| step.name));
    let words = failed.map(|step| step.message.clone()).unwrap_or_default();
    assert!(!words.contains(KEY));
    ([0, 1, 2, 3].map(|at: usize| report.steps[at].state), words)
}

#[test]
fn a_check_says_which_step_failed_and_what_to_do() {
    use State::{Failed, Ok, Skipped};
    let fine = || (200, texts());
    assert_eq!(checked(&api((200, info()), fine(), (200, pictures()))), ([Ok, Ok, Ok, Ok], String::new()));
    let wrong = json!({ "code": "x", "error": "Incorrect API key provided: xa***34." });
    let (states, words) = checked(&api((400, wrong), fine(), (200, pictures())));
    assert_eq!(states, [Ok, Ok, Failed, Skipped]);
    assert!(words.contains("the key is wrong") && words.ends_with("use a valid key of console.x.ai"), "{words}");
    assert_eq!(words.matches("xai-***;").count(), 1, "{words}");
    let (states, words) = checked(&api((200, info()), (403, denied()), (403, denied())));
    assert_eq!((states, words.contains("let the key use")), ([Ok, Ok, Ok, Failed], true), "{words}");
    for (error, expected, advice) in [
        (SendError::Unresolved("x".into()), [Failed, Skipped, Skipped, Skipped], "DNS"),
        (SendError::Connection("TLS".into()), [Skipped, Failed, Skipped, Skipped], "certificate"),
        (SendError::Timeout("x".into()), [Skipped, Failed, Skipped, Skipped], "reach"),
    ] {
        let api = api((200, info()), fine(), (200, pictures()));
        api.host.on_send(move |_| Err(error.clone()));
        let (states, words) = checked(&api);
        assert_eq!((states, words.contains(advice)), (expected, true), "{words}");
    }
}

#[test]
fn a_silent_api_does_not_hold_the_check() {
    let api = Api::new(|_| {
        let mut answer = Answer::new(200, "{}");
        answer.delay = Duration::from_secs(3_600);
        answer
    });
    let began = crate::host::Host::monotonic_ms(&*api.host);
    let (states, _) = checked(&api);
    assert_eq!(states[1], State::Failed);
    assert!(crate::host::Host::monotonic_ms(&*api.host) - began <= 30_000);
}

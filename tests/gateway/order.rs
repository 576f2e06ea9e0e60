//! The messages that the session sends, and when.

use grok2api::{
    inference::event::Events,
    providers::{
        ProviderError,
        grok_web::mgw::session::{Question, Session},
    },
};
use serde_json::{Value, json};

use crate::support::{OPTIONS, session};

const CREATE_ID: &str = "evt_init_00000000-0000-4000-8000-000000000000";

fn event(event: Value) -> String {
    json!({ "session_id": "c-1", "event": event }).to_string()
}

fn created() -> String {
    event(json!({ "type": "session.created", "client_event_id": CREATE_ID }))
}

fn attached() -> String {
    event(json!({ "type": "conversation.attached", "conversation": { "id": "c-1" }, "mode": "new" }))
}

/// Returns the messages that the session sends now.
fn said(session: &mut Session) -> Vec<Value> {
    session.outgoing.drain(..).map(|text| serde_json::from_str(&text).expect("JSON is sent")).collect()
}

fn take(session: &mut Session, message: &str) -> Vec<Value> {
    assert_eq!(session.receive(message, &mut Events::default()), Ok(None), "{message}");
    said(session)
}

#[test]
fn the_session_is_opened_first_and_alone() {
    let mut session = session("");
    let [create] = &*said(&mut session) else { panic!("one message") };
    assert_eq!(create["event"]["type"], "session.create");
    assert_eq!(create["event"]["event_id"], CREATE_ID);
    assert_eq!(create.get("session_id"), None, "the server gives it");
    assert!(!session.is_created() && !session.is_open());
}

#[test]
fn the_turn_is_sent_once_and_only_when_created_and_attached() {
    for order in [[created(), attached()], [attached(), created()]] {
        let mut session = session("");
        said(&mut session);
        assert_eq!(take(&mut session, &order[0]), [Value::Null; 0], "{}", order[0]);
        assert_eq!(take(&mut session, &event(json!({ "type": "conversation.commands.updated" }))), [Value::Null; 0]);
        assert!(!session.is_open());
        let turn = take(&mut session, &order[1]);
        let types: Vec<_> = turn.iter().map(|message| message["event"]["type"].as_str().unwrap_or("")).collect();
        assert_eq!(types, ["conversation.item.create", "response.create"]);
        assert!(turn.iter().all(|message| message["session_id"] == "c-1"));
        assert!(session.is_created() && session.is_open());
        for again in [&order[0], &order[1]] {
            assert_eq!(take(&mut session, again), [Value::Null; 0], "the question is sent once");
        }
    }
}

#[test]
fn created_and_attached_may_come_in_one_message() {
    let mut session = session("");
    said(&mut session);
    assert_eq!(take(&mut session, &(created() + &attached())).len(), 2);
}

#[test]
fn ids_differ_between_events_and_sessions() {
    let mut ids = Vec::new();
    for random in [[0; 16], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]] {
        let mut session = Session::new(OPTIONS, Question::default(), "", random);
        let mut all = said(&mut session);
        take(&mut session, &event(json!({ "type": "session.created" })));
        all.extend({
            session.receive(&attached(), &mut Events::default()).expect("it is attached");
            said(&mut session)
        });
        ids.extend(all.iter().map(|message| message["event"]["event_id"].as_str().expect("each has one").to_owned()));
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((count, ids.len()), (6, 6), "{ids:?}");
}

#[test]
fn a_session_created_for_another_event_does_not_count() {
    let mut session = session("");
    said(&mut session);
    let other = event(json!({ "type": "session.created", "client_event_id": "evt_init_of_another" }));
    assert_eq!(take(&mut session, &other), [Value::Null; 0]);
    assert_eq!(take(&mut session, &attached()), [Value::Null; 0]);
    assert_eq!(take(&mut session, &created()).len(), 2);
}

#[test]
fn another_conversation_is_an_error() {
    let mut session = session("");
    let mut events = Events::default();
    assert_eq!(session.receive(&created(), &mut events), Ok(None));
    let other = event(json!({ "type": "conversation.attached", "conversation": { "id": "c-2" } }));
    assert_eq!(session.receive(&other, &mut events), Err(ProviderError::Server(502)));
    assert_eq!(said(&mut session).len(), 1, "no question is sent");
}

#[test]
fn a_ping_is_answered_at_any_time_before_the_end() {
    let mut session = session("");
    said(&mut session);
    let ping = json!({ "event": { "type": "ping", "event_id": "evt_ping_7" } }).to_string();
    let pong = json!({ "event": { "type": "pong", "event_id": "evt_ping_7" } });
    assert_eq!(take(&mut session, &ping), std::slice::from_ref(&pong));
    take(&mut session, &(created() + &attached()));
    assert_eq!(take(&mut session, &ping), [pong]);
    let mut events = Events::default();
    let done = event(json!({ "type": "response.done", "response": { "status": "failed" } }));
    assert_eq!(session.receive(&done, &mut events), Err(ProviderError::Empty));
    assert_eq!(take(&mut session, &ping), [Value::Null; 0], "the session is over");
}

#[test]
fn a_connection_that_ends_before_the_question_fails() {
    let mut events = Events::default();
    let refused = ProviderError::Connect("the session did not open".to_owned());
    let mut one = session("");
    assert_eq!(one.broken(&mut events), Err(refused.clone()));
    let mut other = session("");
    take(&mut other, &created());
    let ended = event(json!({ "type": "session.ended" }));
    assert_eq!(other.receive(&ended, &mut events), Err(refused));
}

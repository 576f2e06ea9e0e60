//! The gallery: what was made, in every state, and its prompts.

use super::*;
use crate::{
    crypto::vault::Vault,
    host::Host,
    media::kind::MediaKind,
    store::media::{self, Answer, NewMedia},
};

const HOUR: i64 = 3_600_000;

fn id_of(letter: &str) -> String {
    format!("{}A", letter.repeat(21))
}

/// Adds the files of one answer.
fn made(console: &Console, prompt: &str, account: i64, files: &[(&str, MediaKind, &str)]) {
    let app = console.host.app();
    let files: Vec<_> =
        files.iter().map(|(id, kind, url)| NewMedia { id: id_of(id), kind: *kind, url: (*url).to_owned() }).collect();
    let prompt = prompt.to_owned();
    console.host.run(async move {
        let vault = Vault::open(&*app.host).await.expect("it opens");
        let request_id = format!("req_{}", files[0].id);
        let answer = Answer {
            token_id: account,
            prompt: if prompt.is_empty() { prompt } else { vault.seal(&*app.host, &prompt, &request_id) },
            request_id,
            model: "grok-imagine-image".to_owned(),
            key_id: 3,
            key_name: "laptop".to_owned(),
        };
        media::add(&app.db, app.host.now_ms(), &answer, &files).await.expect("they are new");
    });
    console.host.advance(std::time::Duration::from_secs(3_600));
}

fn copied(console: &Console, id: &str, state: &str, until: i64) {
    console.host.sql(
        "INSERT INTO media_copies (media_id, kind, state, content_type, etag, size, parts, stored_at, expires_at)
         VALUES (?, 'image', ?, 'image/jpeg', '\"e\"', 9, 1, 1, ?)",
        vec![id_of(id).into(), state.into(), until.into()],
    );
}

/// A console whose gallery has a file in each state.
fn gallery() -> Console {
    let console = Console::signed_in();
    console.host.set_variable("encryption_key", "a key of sixteen or more characters");
    console.host.sql(
        "INSERT INTO tokens (id, hash, sealed, suffix, token_type, created_at) VALUES (7, 'h', 's', 'ab12cd', 'sso', 0)",
        vec![],
    );
    made(&console, "A red Moon", 7, &[("a", MediaKind::Image, "users/a"), ("b", MediaKind::Image, "users/b")]);
    made(&console, "", 7, &[("c", MediaKind::Video, "users/c")]);
    made(&console, "a blue sea", 7, &[("d", MediaKind::Image, ""), ("e", MediaKind::Image, "")]);
    made(&console, "a lost moon", 8, &[("f", MediaKind::Image, "users/f")]);
    made(&console, "a public tree", 8, &[("g", MediaKind::Image, "https://imagine-public.x.ai/g.jpg")]);
    let later = console.host.now_ms() + HOUR;
    copied(&console, "a", "stored", later);
    copied(&console, "b", "cleared", later);
    copied(&console, "d", "stored", later);
    console
        .host
        .sql("UPDATE media SET size = 9, content_type = 'image/jpeg', etag = 'e' WHERE url = 'users/b'", vec![]);
    console
}

fn names(data: &Value) -> String {
    let items = data["data"]["items"].as_array().expect("a list");
    items.iter().map(|item| item["id"].as_str().expect("text")[..1].to_owned()).collect()
}

#[test]
fn each_file_has_its_state_and_its_prompt() {
    let console = gallery();
    let list = console.get("/api/media").ok().body;
    assert_eq!(
        (names(&list).as_str(), &list["data"]["next"], &list["data"]["total"]),
        ("gfedcba", &Value::Null, &json!(7))
    );
    let items = list["data"]["items"].as_array().expect("a list");
    let states: Vec<_> = items.iter().map(|item| item["state"].as_str().expect("text")).collect();
    assert_eq!(states, ["not_fetched", "gone", "gone", "kept", "not_fetched", "cleared", "stored"]);
    let prompts: Vec<_> = items.iter().map(|item| item["prompt"].as_str()).collect();
    let (red, blue) = (Some("A red Moon"), Some("a blue sea"));
    assert_eq!(prompts, [Some("a public tree"), Some("a lost moon"), blue, blue, None, red, red]);
    let last = &items[6];
    assert_eq!(last["url"], format!("/images/{}", id_of("a")));
    assert_eq!((&last["thumbnail"], &items[4]["thumbnail"]), (&last["url"], &Value::Null));
    assert_eq!((&last["key_name"], &last["key_id"]), (&json!("laptop"), &json!(3)));
    let account = |item: &Value| json!([item["account_id"], item["account_deleted"], item["token_suffix"]]);
    assert_eq!([account(last), account(&items[1])], [json!([7, false, "ab12cd"]), json!([8, true, ""])]);
    let stored = console.host.sql("SELECT prompt FROM media WHERE id LIKE 'a%'", vec![]);
    assert!(!format!("{stored:?}").contains("Moon"), "it is encrypted: {stored:?}");
}

#[test]
fn files_are_filtered_and_searched() {
    let console = gallery();
    let found = |query: &str| names(&console.get(&format!("/api/media?{query}")).ok().body);
    let start = crate::host::native::START;
    let of = |from: i64, to: i64| format!("from={}&to={}", start + from * HOUR, start + to * HOUR);
    for (query, expected) in [
        ("kind=video", "c"),
        ("state=gone", "fe"),
        ("state=kept", "d"),
        ("account=8", "gf"),
        ("key=4", ""),
        ("model=grok-imagine-image&kind=image", "gfedba"),
        ("text=MOON&from=0", "fba"),
        (&of(1, 3), "edc"),
        (&format!("{}&text=moon", of(1, 9)), "f"),
    ] {
        assert_eq!(found(query), expected, "{query}");
    }
    let (mut query, mut pages) = ("limit=3".to_owned(), Vec::new());
    loop {
        let page = console.get(&format!("/api/media?{query}")).ok().body;
        pages.push(names(&page));
        let Some(next) = page["data"]["next"].as_str() else { break };
        query = format!("limit=3&before={next}");
    }
    assert_eq!(pages, ["gfe", "dcb", "a"]);
    assert_eq!(console.get("/api/media?text=x").refusal().2, "from");
}

#[test]
fn a_deleted_file_is_gone_with_its_prompt() {
    let console = gallery();
    let [a, d] = ["a", "d"].map(id_of);
    let answer = console.post("/api/media/delete", json!({ "ids": [a, d, "../x", id_of("z")] })).ok().body;
    assert_eq!(answer["data"]["deleted"], 2);
    assert_eq!(names(&console.get("/api/media").ok().body), "gfecb");
    console.host.settle();
    assert_eq!(console.host.number("SELECT count(*) FROM media_copies WHERE state = 'stored'"), 0);
    assert_eq!(console.get(&format!("/images/{a}")).status, 404);
    assert_eq!(console.post("/api/media/delete", json!({ "ids": [] })).refusal().2, "ids");
}

#[test]
fn clearing_spares_the_only_copies() {
    let console = gallery();
    assert_eq!(console.get("/api/cache/size").ok().body["data"]["kept_size_bytes"], 9);
    console.post("/api/cache/clear", json!({})).ok();
    let left = console.get("/api/media?state=kept").ok().body;
    assert_eq!(names(&left), "d");
    assert_eq!(names(&console.get("/api/media?state=stored").ok().body), "");
}

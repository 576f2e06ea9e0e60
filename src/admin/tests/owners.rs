//! Owners' ids that come with pasted cookie lines.

use super::*;

const USER: &str = "8f1c1e0a-9f3e-4a5f-8f7f-2b0b5a8e4f10";
const OTHER: &str = "0b9de2f4-17c8-4a6b-9a51-6c3e1f2d4b77";

fn add(console: &Console, token: &str) -> Answer {
    console.post("/api/tokens/add", json!({ "tokens": [token], "token_type": "sso" })).ok()
}

fn user_ids(console: &Console) -> Vec<String> {
    let rows = console.host.sql("SELECT user_id FROM tokens ORDER BY id", vec![]);
    let text = |row: &crate::host::Row| match &row[0] {
        crate::host::Value::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    rows.iter().map(text).collect()
}

#[test]
fn a_pasted_owner_is_kept_and_never_replaced() {
    let console = Console::signed_in();
    let answer = add(
        &console,
        &format!(
            "sso=a-token-of-the-tests.a.a.a; sso-rw=a-token-of-the-tests.a.a.a; x-userid={USER}\na-token-of-the-tests.b.b.b\nsso=a-token-of-the-tests.c.c.c; x-userid=42"
        ),
    );
    assert_eq!((user_ids(&console), answer.statements), (vec![USER.to_owned(), String::new(), String::new()], 4));
    let known = format!(
        "sso=a-token-of-the-tests.a.a.a; x-userid={OTHER}\nsso=a-token-of-the-tests.b.b.b; x-userid={OTHER}\na-token-of-the-tests.c.c.c"
    );
    let data = add(&console, &known).body["data"].take();
    assert_eq!((&data["added"], &data["duplicates"]), (&json!(0), &json!(3)));
    assert_eq!(user_ids(&console), [USER, OTHER, ""]);
}

#[test]
fn imports_keep_the_owner_of_a_cookie_line() {
    let console = Console::signed_in();
    let import = |content: String| {
        let body = json!({ "content": content, "token_type": "sso" });
        let mut data = console.post("/api/tokens/import", body).ok().body["data"].take();
        (data["added"].take(), data["updated"].take(), data["lines"][0]["reason"].take())
    };
    import(format!("sso=a-token-of-the-tests.a.a.a; x-userid={USER}\na-token-of-the-tests.b.b.b"));
    import(format!("token,note\n\"sso=a-token-of-the-tests.c.c.c; x-userid={USER}\",from a table"));
    import(json!([{ "token": format!("sso=a-token-of-the-tests.d.d.d; x-userid={USER}") }]).to_string());
    assert_eq!(user_ids(&console), [USER, "", USER, USER]);
    assert_eq!(
        import(format!("sso=a-token-of-the-tests.b.b.b; x-userid={OTHER}")),
        (json!(0), json!(1), json!("user id"))
    );
    assert_eq!(import(format!("sso=a-token-of-the-tests.a.a.a; x-userid={OTHER}")).1, 0, "it has one");
    assert_eq!(user_ids(&console), [USER, OTHER, USER, USER]);
}

#[test]
fn with_a_pasted_owner_a_chat_asks_for_none() {
    let console = Console::signed_in();
    add(&console, &format!("sso=a-token-of-the-tests.a.a.a; x-userid={USER}"));
    console.host.on_connect(|_| Ok(crate::providers::grok_web::mgw::script::turn([])));
    let key = console.post("/api/keys/add", json!({ "name": "app" })).ok().body["data"]["key"].take();
    let mut client = Console { host: console.host.clone(), headers: HeaderMap::new() };
    client.header("authorization", &format!("Bearer {}", key.as_str().expect("a text")));
    let body = json!({ "model": "grok-4-fast", "messages": [{ "role": "user", "content": "hi" }] });
    client.post("/v1/chat/completions", body);
    assert!(console.host.sockets.handshakes.borrow()[0].url.ends_with(USER));
    assert!(console.host.requests.borrow().is_empty(), "no identity call");
}

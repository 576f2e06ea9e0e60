//! The operator's browser, recorded with the first account.

use super::*;

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const OWN: &str = "Mozilla/5.0 (compatible; grok2api/0.1.0)";

/// The console in a browser: its session is a cookie.
fn page(user_agent: &str) -> Console {
    let mut console = Console::signed_in();
    let token = console.headers.remove("authorization").expect("it is signed in");
    let token = token.to_str().expect("it is ASCII").strip_prefix("Bearer ").expect("it is a bearer's").to_owned();
    console.header("cookie", &format!("grok2api_session={token}"));
    console.header("origin", "http://gateway.test");
    console.header("user-agent", user_agent);
    console
}

fn add(console: &Console, token: &str) -> Answer {
    console.post("/api/tokens/add", json!({ "tokens": [token], "token_type": "sso" })).ok()
}

fn setting(console: &Console) -> (Value, Value) {
    let mut body = console.get("/api/settings").ok().body;
    (body["data"]["grok"]["user_agent"].take(), body["user_agent"].take())
}

#[test]
fn the_browser_of_the_first_account_is_recorded() {
    let console = page(BROWSER);
    assert_eq!(setting(&console), (json!(""), json!({ "sent": OWN, "source": "gateway" })));
    let answer = add(&console, "a-token-of-the-tests.a.a.a");
    assert_eq!((&answer.body["data"]["recorded_user_agent"], answer.statements), (&json!(BROWSER), 4));
    assert_eq!(setting(&console), (json!(BROWSER), json!({ "sent": BROWSER, "source": "setting" })));
    let answer = add(&console, "a-token-of-the-tests.b.b.b");
    assert_eq!((&answer.body["data"]["recorded_user_agent"], answer.statements), (&Value::Null, 3));
    // An operator who empties the setting wants it empty.
    console.post("/api/settings", json!({ "grok_config": { "user_agent": "", "temporary": false } })).ok();
    assert_eq!(add(&console, "a-token-of-the-tests.c.c.c").body["data"]["recorded_user_agent"], Value::Null);
    assert_eq!(setting(&console).0, "");
}

#[test]
fn keys_of_xais_api_are_no_accounts_of_grok() {
    let console = page(BROWSER);
    let key = format!("xai-{}", "k".repeat(40));
    assert_eq!(add(&console, &key).body["data"]["recorded_user_agent"], Value::Null);
    assert_eq!(setting(&console).0, "");
    assert_eq!(add(&console, "a-token-of-the-tests.a.a.a").body["data"]["recorded_user_agent"], BROWSER);
}

#[test]
fn other_settings_stay_as_they_are() {
    let console = page(BROWSER);
    console.post("/api/settings", json!({ "grok_config": { "temporary": false } })).ok();
    console.host.doubles.set(true);
    assert_eq!(add(&console, "a-token-of-the-tests.a.a.a").body["data"]["recorded_user_agent"], BROWSER);
    let grok = console.get("/api/settings").ok().body["data"]["grok"].take();
    assert_eq!((&grok["temporary"], &grok["user_agent"]), (&json!(false), &json!(BROWSER)));
}

#[test]
fn an_import_records_too_and_a_dry_run_does_not() {
    let console = page(BROWSER);
    let import = |dry_run: bool| {
        let body = json!({ "content": "a-token-of-the-tests.a.a.a\na-token-of-the-tests.b.b.b", "token_type": "sso", "dry_run": dry_run });
        console.post("/api/tokens/import", body).ok().body["data"]["recorded_user_agent"].take()
    };
    assert_eq!((import(true), setting(&console).0), (Value::Null, json!("")));
    assert_eq!((import(false), setting(&console).0), (json!(BROWSER), json!(BROWSER)));
    assert_eq!(import(false), Value::Null);
}

#[test]
fn nothing_but_a_browser_of_the_console_is_recorded() {
    let not_recorded = |console: &Console, why: &str| {
        assert_eq!(
            add(console, "a-token-of-the-tests.a.a.a").body["data"]["recorded_user_agent"],
            Value::Null,
            "{why}"
        );
        assert_eq!(console.host.number("SELECT count(*) FROM settings WHERE value LIKE '%user_agent%'"), 0, "{why}");
    };
    for program in
        ["curl/8.5.0", OWN, "", "Mozilla/5.0", "Mozilla/5.0 (X11;\tLinux)", &format!("{BROWSER}{:x>600}", "")]
    {
        not_recorded(&page(program), program);
    }
    let mut script = Console::signed_in();
    script.header("user-agent", BROWSER);
    not_recorded(&script, "a bearer token is a script's");
    let mut nameless = page(BROWSER);
    nameless.headers.remove("user-agent");
    not_recorded(&nameless, "no header");
    let console = page(BROWSER);
    console.post("/api/settings", json!({ "grok_config": { "user_agent": "Agent/7" } })).ok();
    assert_eq!(add(&console, "a-token-of-the-tests.a.a.a").body["data"]["recorded_user_agent"], Value::Null);
    assert_eq!(setting(&console).1, json!({ "sent": "Agent/7", "source": "setting" }));
}

#[test]
fn accounts_are_kept_when_recording_fails() {
    let console = page(BROWSER);
    *console.host.broken.borrow_mut() = Some("INSERT INTO settings".to_owned());
    let data = add(&console, "a-token-of-the-tests.a.a.a").body["data"].take();
    assert_eq!((&data["added"], &data["recorded_user_agent"]), (&json!(1), &Value::Null));
}

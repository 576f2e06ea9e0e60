//! Settings: defaults, checks, secrets.

use super::*;

fn write(console: &Console, global: Value, grok: Value) -> Answer {
    console.post("/api/settings", json!({ "global_config": global, "grok_config": grok }))
}

fn read(console: &Console) -> Value {
    console.get("/api/settings").ok().body["data"].take()
}

#[test]
fn defaults_are_served_until_changed() {
    let console = Console::signed_in();
    let expected = json!({
        "global": {
            "base_url": "", "admin_username": "admin", "admin_password": "", "admin_password_set": true,
            "image_cache_max_size_mb": 256, "video_cache_max_size_mb": 512, "cache_max_file_mb": 25,
            "media_retention_days": 90, "keep_prompts": true, "log_retention_days": 30, "log_retention_rows": 100_000,
            "store_responses": true, "responses_retention_days": 30, "responses_max_size_mb": 64,
            "error_skip_requests": 5, "rate_limit_cooldown_minutes": 60, "used_up_cooldown_minutes": 600,
        },
        "grok": {
            "api_key": "", "api_key_set": false, "x_statsig_id": "", "x_statsig_id_set": false,
            "cf_clearance": "", "cf_clearance_set": false, "user_agent": "",
            "chat_transport": "websocket", "max_prompt_chars": 40_000,
            "filtered_tags": "xaiartifact,xai:tool_usage_card,grok:render", "reasoning_format": "raw",
            "show_thinking": true, "list_sources": false, "temporary": true, "read_accounts": true,
            "xai_route": "last", "xai_estimate_tokens": 4_000, "stream_first_response_timeout": 30, "stream_chunk_timeout": 120, "stream_total_timeout": 600,
        },
    });
    assert_eq!(read(&console), expected);

    let grok = json!({ "temporary": false, "stream_chunk_timeout": 0, "filtered_tags": " a , ,b" });
    let answer = write(&console, json!({ "base_url": "https://grok.example/" }), grok).ok();
    let changed = json!(["global.base_url", "grok.filtered_tags", "grok.stream_chunk_timeout", "grok.temporary"]);
    assert_eq!((&answer.body["data"]["changed"], answer.statements), (&changed, 2));
    let now = read(&console);
    assert_eq!(now["global"]["base_url"], "https://grok.example");
    assert_eq!((&now["grok"]["temporary"], &now["grok"]["filtered_tags"]), (&json!(false), &json!("a,b")));
    assert_eq!((&now["grok"]["stream_chunk_timeout"], &now["grok"]["show_thinking"]), (&json!(0), &json!(true)));

    write(&console, json!({ "base_url": "" }), json!({ "temporary": true, "filtered_tags": "a,b" })).ok();
    assert_eq!(read(&console)["grok"]["temporary"], true);
    let kept = console.host.sql("SELECT value FROM settings WHERE section = 'global'", vec![]);
    assert_eq!(kept, [[crate::host::Value::from("{}")]], "only what differs from the defaults is kept");
}

#[test]
fn a_faulty_value_is_named_and_nothing_is_changed() {
    let console = Console::signed_in();
    let before = read(&console);
    let long = "x".repeat(4097);
    for (name, value) in [
        ("grok.show_thinking", json!("no")),
        ("grok.show_thinking", json!(1)),
        ("grok.reasoning_format", json!("Raw")),
        ("grok.reasoning_format", json!(true)),
        ("grok.list_sources", json!("no")),
        ("grok.stream_total_timeout", json!(-1)),
        ("grok.stream_total_timeout", json!(3601)),
        ("grok.stream_total_timeout", json!(1.5)),
        ("grok.stream_total_timeout", json!("30")),
        ("grok.max_prompt_chars", json!(4_999)),
        ("grok.max_prompt_chars", json!(1_000_001)),
        ("grok.filtered_tags", json!(["a"])),
        ("grok.filtered_tags", json!("a\u{0}")),
        ("grok.user_agent", json!("a\r\nx: y")),
        ("grok.user_agent", json!("Gr\u{f6}k")),
        ("grok.x_statsig_id", json!("a\nb")),
        ("grok.x_statsig_id", json!({ "a": 1 })),
        ("grok.x_statsig_id", json!(long)),
        ("grok.cf_clearance", json!("a; b=c")),
        ("grok.cf_clearance", json!("a\tb")),
        ("grok.api_key", json!("two words")),
        ("grok.api_key", json!(7)),
        ("grok.api_key", json!("x")),
        ("grok.api_key", json!("fifteen-letters")),
        ("global.store_responses", json!("yes")),
        ("global.responses_retention_days", json!(0)),
        ("global.responses_max_size_mb", json!(-1)),
        ("grok.proxy_url", json!("")),
        ("grok.base_url", json!("")),
        ("global.base_url", json!("ftp://a.example")),
        ("global.base_url", json!("a.example")),
        ("global.base_url", json!("https://a.example/?q")),
        ("global.base_url", json!("https://u:p@a.example")),
        ("global.base_url", json!("https://a.exa\nmple")),
        ("global.base_url", json!("https://a.example/\"onerror=x")),
        ("global.base_url", json!("https://a.example/<script>")),
        ("global.base_url", json!("https://a.example/a)b")),
        ("global.base_url", json!("https://a.example/v1")),
        ("global.base_url", json!("https://a.example/grok/V1//")),
        ("global.admin_username", json!("  ")),
        ("global.admin_password", json!("short")),
        ("global.admin_password", json!(null)),
    ] {
        let (section, name) = name.split_once('.').expect("it has a section");
        let mut body = json!({
            "global_config": { "admin_username": "someone" },
            "grok_config": { "api_key": "sk-good-enough-for-all", "temporary": false },
        });
        let field = format!("{section}_config");
        body[&field][name] = value;
        let answer = console.post("/api/settings", body.clone());
        assert_eq!(answer.refusal(), (400, "invalid_value", format!("{field}.{name}").as_str()), "{body}");
    }
    for body in [json!({ "grok": {} }), json!([]), json!({ "grok_config": 1 }), json!("x")] {
        assert_eq!(console.post("/api/settings", body.clone()).status, 400, "{body}");
    }
    for (path, body, field, message) in [
        ("settings", "{", "", "EOF while parsing an object at line 1 column 1"),
        ("settings", "\"x\"", "", "invalid type: string \"x\", expected an object"),
        (
            "settings",
            r#"{"current_password":"a","current_password":"b"}"#,
            "current_password",
            "duplicate field `current_password`",
        ),
        (
            "keys/budget",
            r#"{"id":1,"daily_budget_usd":"x"}"#,
            "daily_budget_usd",
            "invalid type: string \"x\", expected a number",
        ),
        ("keys/add", r#"{"name":{}}"#, "name", "invalid type: an object, expected a string"),
        ("keys/delete", r#"{"key":[]}"#, "key", "name a key by its id (a whole number) or its full value (a string)"),
        ("tokens/delete", r#"{"ids":{}}"#, "ids", "invalid type: an object, expected an array"),
        (
            "tokens/delete",
            r#"{"tokens":[true]}"#,
            "tokens[0]",
            "name an account by its id (a whole number) or its token (a string)",
        ),
    ] {
        let answer = console.ask(Method::POST, &format!("/api/{path}"), body.to_owned());
        assert_eq!(answer.refusal(), (400, "invalid_value", field), "{body}");
        assert_eq!(answer.body["message"], message, "{body}");
    }
    assert_eq!(read(&console), before);
}

#[test]
fn null_restores_the_default_of_every_setting() {
    let console = Console::signed_in();
    let defaults = read(&console);
    let global = json!({
        "base_url": "https://[::1]:8443/grok", "admin_username": "someone", "image_cache_max_size_mb": 1,
        "video_cache_max_size_mb": 1, "cache_max_file_mb": 1, "media_retention_days": 1, "log_retention_days": 1,
        "log_retention_rows": 100, "store_responses": false, "responses_retention_days": 1, "responses_max_size_mb": 1,
    });
    let grok = json!({
        "user_agent": "x", "filtered_tags": "x", "show_thinking": false, "list_sources": true, "chat_transport": "http",
        "temporary": false, "max_prompt_chars": 5_000,
        "stream_first_response_timeout": 1, "stream_chunk_timeout": 1, "stream_total_timeout": 1,
        "api_key": "sixteen-letters!", "cf_clearance": "x", "x_statsig_id": "x",
    });
    write(&console, global.clone(), grok.clone()).ok();
    let set = read(&console);
    let cleared = |section: &Value| -> Value {
        let names = section.as_object().expect("it is an object").keys();
        names.map(|name| (name.clone(), Value::Null)).collect::<serde_json::Map<_, _>>().into()
    };
    for (section, values) in [("global", &global), ("grok", &grok)] {
        for name in values.as_object().expect("it is an object").keys() {
            let flag = format!("{name}_set");
            let shown = if defaults[section].get(&flag).is_some() { &flag } else { name };
            assert_ne!(set[section][shown], defaults[section][shown], "{name}");
        }
    }
    write(&console, cleared(&global), cleared(&grok)).ok();
    assert_eq!(read(&console), defaults);
}

#[test]
fn an_address_that_ends_in_v1_is_answered_with_what_to_write() {
    let console = Console::signed_in();
    let answer = write(&console, json!({ "base_url": "https://a.example/grok/v1/" }), json!({}));
    assert_eq!(answer.body["message"], "Leave /v1 out of this address: write https://a.example/grok");
    write(&console, json!({ "base_url": "https://a.example/v10" }), json!({})).ok();
}

#[test]
fn secrets_are_kept_cleared_and_never_served() {
    for key in ["", "sixteen letters!"] {
        let console = Console::signed_in();
        console.host.set_variable("encryption_key", key);
        let secrets = json!({ "api_key": "sk-of-my-own-choice", "cf_clearance": " cf_clearance=abc.1 ", "x_statsig_id": "s t a" });
        let answer = write(&console, json!({}), secrets).ok();
        assert_eq!(answer.statements, 2);
        let expect_set = |is_set: bool| {
            let answer = console.get("/api/settings").ok();
            assert_eq!(answer.body["encryption_key_set"], !key.is_empty());
            let grok = &answer.body["data"]["grok"];
            for name in ["api_key", "cf_clearance", "x_statsig_id"] {
                assert_eq!((&grok[name], &grok[&format!("{name}_set")]), (&json!(""), &json!(is_set)), "{name}");
            }
        };
        expect_set(true);
        write(&console, json!({}), json!({ "api_key": "", "cf_clearance": "", "temporary": false })).ok();
        expect_set(true);
        let stored = console.host.number("SELECT count(*) FROM settings WHERE instr(value, 'abc.1') > 0");
        assert_eq!(stored, i64::from(key.is_empty()), "sealed when there is a key");
        assert_eq!(console.host.number("SELECT count(*) FROM api_keys WHERE id = 0 AND name = 'api_key'"), 1);
        write(&console, json!({}), json!({ "api_key": null, "cf_clearance": null, "x_statsig_id": null })).ok();
        expect_set(false);
        assert_eq!(console.host.number("SELECT count(*) FROM api_keys"), 0);
    }
}

#[test]
fn what_cannot_be_opened_is_named_and_not_used() {
    let console = Console::signed_in();
    console.host.set_variable("encryption_key", "sixteen letters!");
    write(&console, json!({}), json!({ "cf_clearance": "abc" })).ok();
    let unreadable = |console: &Console| console.get("/api/settings").ok().body["unreadable"].take();
    assert_eq!(unreadable(&console), json!([]));
    console.host.set_variable("encryption_key", "another long key");
    assert_eq!(unreadable(&console), json!(["cf_clearance"]));
    console.host.set_variable("encryption_key_previous", "sixteen letters!");
    assert_eq!(unreadable(&console), json!([]));
    console.host.set_variable("encryption_key", "too short");
    let answer = console.get("/api/settings");
    assert!(answer.body["message"].as_str().expect("it has one").contains("at least 16"), "{}", answer.body);
}

#[test]
fn the_api_key_may_not_be_one_of_the_table() {
    let console = Console::signed_in();
    let key = console.post("/api/keys/add", json!({ "name": "app" })).ok().body["data"]["key"].take();
    let answer = write(&console, json!({ "base_url": "https://a.example" }), json!({ "api_key": key }));
    assert_eq!(answer.refusal().0, 409);
    assert_eq!(read(&console)["global"]["base_url"], "", "all or nothing");
}

#[test]
fn the_password_and_the_name_can_be_set_here_too() {
    let mut console = Console::new();
    console.sign_in("admin");
    console.post("/api/password", json!({ "current": "admin", "new": "a long password" })).ok();
    console.sign_in("a long password");
    let body = json!({
        "global_config": { "admin_password": "a longer password", "admin_username": "Ann" },
        "current_password": "a long password",
    });
    console.post("/api/settings", body).ok();
    assert_eq!(console.get("/api/settings").refusal().0, 401, "sessions end with the password");
    assert_eq!(console.login("a longer password").status, 401);
    console.post("/api/login", json!({ "username": "Ann", "password": "a longer password" })).ok();
}

#[test]
fn a_new_password_needs_the_current_one() {
    let mut console = Console::new();
    console.sign_in("admin");
    console.post("/api/password", json!({ "current": "admin", "new": "a long password" })).ok();
    console.sign_in("a long password");
    let change = |current: Value| {
        let global = json!({ "admin_password": "a longer password", "log_retention_days": 3 });
        console.post("/api/settings", json!({ "global_config": global, "current_password": current }))
    };
    assert_eq!(change(Value::Null).refusal(), (400, "invalid_value", "current_password"));
    for _ in 0..5 {
        assert_eq!(change(json!("wrong")).refusal(), (401, "BAD_CREDENTIALS", "current_password"));
    }
    assert_eq!(change(json!("wrong")).refusal(), (429, "TOO_MANY_LOGINS", ""));
    assert_eq!(change(json!("a long password")).refusal().0, 429, "not even the right one");
    assert_eq!(console.login("a long password").status, 429, "it is one limit");
    assert_eq!(console.post("/api/password", json!({ "current": "wrong", "new": "another one" })).refusal().0, 429);
    assert_eq!(read(&console)["global"]["log_retention_days"], 30, "nothing was changed");
    console.host.advance(std::time::Duration::from_secs(15 * 60));
    change(json!("a long password")).ok();
    assert_eq!(console.get("/api/settings").refusal().0, 401, "sessions end with the password");
    console.sign_in("a longer password");
    assert_eq!(read(&console)["global"]["log_retention_days"], 3);
}

#[test]
fn wrong_passwords_at_the_change_of_the_password_count() {
    let mut console = Console::new();
    console.sign_in("admin");
    let change = || console.post("/api/password", json!({ "current": "wrong", "new": "a long password" }));
    for _ in 0..5 {
        assert_eq!(change().refusal(), (401, "BAD_CREDENTIALS", "current"));
    }
    assert_eq!(change().refusal(), (429, "TOO_MANY_LOGINS", ""));
    assert_eq!(console.login("admin").status, 429);
}

#[test]
fn the_schema_describes_what_is_served() {
    let console = Console::signed_in();
    let schema = console.get("/api/settings/schema").ok().body["data"].take();
    let served = read(&console);
    let rows = schema.as_array().expect("it is a list");
    assert_eq!(rows.len(), 32);
    for row in rows {
        let (section, name) = (row["section"].as_str().expect("text"), row["name"].as_str().expect("text"));
        let value = &served[section][name];
        if row["type"] == "secret" {
            assert_eq!(value, "");
        } else {
            assert_eq!(*value, row["default"], "{name}");
        }
    }
}

#[test]
fn the_storage_mode_is_what_the_database_is() {
    let console = Console::signed_in();
    let mode = || console.get("/api/storage/mode").ok().body["data"]["mode"].take();
    assert_eq!(mode(), "SQLite");
    console.host.sql("CREATE TABLE _cf_KV (key TEXT)", vec![]);
    assert_eq!(mode(), "D1");
}

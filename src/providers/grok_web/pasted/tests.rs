use std::{fs, path::Path};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::providers::grok_web::{pasted::normalise_token, token::is_token};

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uX2lkIjoiYSJ9.c2lnbmF0dXJl-_";
const OTHER: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uX2lkIjoiYiJ9.c2lnbmF0dXJl-_";
const OPAQUE: &str = "an-opaque_value.of-20";
const ID: &str = "8f1c1e0a-9f3e-4a5f-8f7f-2b0b5a8e4f10";
const MAIL: &str = "anna.field@example.com";
const PASSWORD: &str = "Pass.w0rd!x#y";

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import")
}

/// Returns the tokens of a text with their lines.
fn found(content: &str) -> Vec<(usize, String)> {
    let reading = read(content, None).unwrap_or_else(|error| panic!("{error}: {content}"));
    reading.entries.into_iter().map(|(line, entry)| (line, entry.token)).collect()
}

fn one(token: &str) -> Vec<(usize, String)> {
    vec![(1, token.to_owned())]
}

/// Returns an entry in the form of the fixtures.
fn shown((line, entry): &(usize, Entry)) -> Value {
    let payload = entry.token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).expect("a JWT");
    let payload: Value = serde_json::from_slice(&payload).expect("its payload is JSON");
    let mut shown = json!({ "session": payload["session_id"], "line": line });
    if let Some(token_type) = entry.token_type {
        shown["type"] = json!(token_type);
    }
    if let Some(tags) = entry.tags.as_ref().filter(|tags| !tags.is_empty()) {
        shown["tags"] = json!(tags);
    }
    if let Some(note) = entry.note.as_ref().filter(|note| !note.is_empty()) {
        shown["note"] = json!(note);
    }
    shown
}

#[test]
fn every_known_file_gives_its_tokens_and_nothing_else() {
    let expected = fs::read_to_string(folder().join("expected.json")).expect("it is there");
    let expected: serde_json::Map<String, Value> = serde_json::from_str(&expected).expect("it is JSON");
    assert_eq!(fs::read_dir(folder()).expect("it is there").count(), expected.len() + 1);
    for (name, entries) in expected {
        let content = fs::read_to_string(folder().join(&name)).expect("it is there");
        let reading = read(&content, None).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(Value::from(reading.entries.iter().map(shown).collect::<Vec<_>>()), entries, "{name}");
        assert_eq!(reading.refused, [], "{name}");
        assert!(reading.entries.iter().all(|(_, entry)| entry.state.is_none() && entry.remaining_queries.is_none()));
    }
}

#[test]
fn a_ledger_gives_its_token_in_any_order() {
    for separator in ["----", ":", "|", ",", "\t", ";", " | ", ", ", "------", "————", "：", "，", "｜", " "]
    {
        for cells in [[MAIL, PASSWORD, JWT], [JWT, MAIL, PASSWORD], [MAIL, JWT, PASSWORD]] {
            let line = cells.join(separator);
            assert_eq!(found(&line), one(JWT), "{line}");
        }
    }
    for line in [
        format!("{MAIL}----{PASSWORD}----sso={OPAQUE}"),
        format!("user.name----{PASSWORD}----{JWT}"),
        format!("user.name----only-token-characters.1----{JWT}"),
        format!("{JWT}----only-token-characters.1"),
        format!("{MAIL}----pass #1----{JWT}"),
        format!("{MAIL}----sso=s3cret_pass-word.20chars----{JWT}"),
        format!("1. {MAIL}:{PASSWORD}:{JWT} # bought"),
        format!("账号：{MAIL}，密码：{PASSWORD}，sso={JWT}"),
    ] {
        let token = if line.contains(OPAQUE) { OPAQUE } else { JWT };
        assert_eq!(found(&line), one(token), "{line}");
    }
    let dash = format!("{JWT}-");
    assert_eq!(found(&format!("{dash}----{MAIL}----{PASSWORD}")), one(&dash), "the dash before is the token's");
}

#[test]
fn other_values_are_refused_by_their_line() {
    for line in [
        "anna@example.com----pass.word.x".to_owned(),
        format!("{MAIL}----{PASSWORD}"),
        format!("{MAIL}----a-password.of-twenty-characters"),
        "user.name----a-password.of-twenty-characters".to_owned(),
        "TRUE".to_owned(),
        ".grok.com".to_owned(),
        "/".to_owned(),
        "01.02.2026".to_owned(),
        "a=b; c=d".to_owned(),
        "sso=short; sso-rw=alsoshort".to_owned(),
        format!("sso={OPAQUE}@example.com"),
        format!("auth={JWT}"),
        format!("curl 'https://example.com/' -H 'cookie: sso={JWT}'"),
        format!("https://grok.com/?token={JWT}"),
        format!(".x.ai\tTRUE\t/\tTRUE\t1829287800\tsso\t{JWT}"),
        format!("sso\t{JWT}\taccounts.x.ai\t/\tSession"),
        "=WEBSERVICE(\"http://x\")".to_owned(),
    ] {
        let reading = read(&format!("\n{line}\n{OTHER}"), None).expect("it is text");
        assert_eq!(
            reading.entries.iter().map(|(line, entry)| (*line, &*entry.token)).collect::<Vec<_>>(),
            [(3, OTHER)]
        );
        assert_eq!(reading.refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2], "{line}");
    }
}

#[test]
fn cookies_are_one_account_with_its_owner() {
    let row = |domain: &str, name: &str, value: &str| format!("{domain}\tTRUE\t/\tTRUE\t1829287800\t{name}\t{value}");
    let rows = [
        row("grok.com", "sso-rw", OTHER),
        format!("#HttpOnly_{}", row(".grok.com", "sso", JWT)),
        row(".x.ai", "sso", OTHER),
        row(".grok.com", "x-userid", ID),
        row(".grok.com", "cf_clearance", OPAQUE),
    ];
    for content in [rows.join("\n"), rows.join("\n").replace('\t', "   ")] {
        let reading = read(&content, None).expect("it is text");
        let (line, entry) = &reading.entries[0];
        assert_eq!((reading.entries.len(), *line, &*entry.token, &*entry.user_id), (1, 2, JWT, ID));
        assert_eq!((reading.refused, reading.left_out), (vec![], Some((3, 3))));
    }
    assert_eq!(found(&row("www.grok.com", "sso-rw", JWT)), one(JWT), "sso-rw counts when it is alone");
    let user_id = |line: &str| read(line, None).expect("it is text").entries.remove(0).1.user_id;
    assert_eq!(user_id(&format!("sso={JWT}; x-userid={ID}")), ID);
    assert_eq!(user_id(&format!("Cookie: X-UserId=\"{ID}\";cf_clearance=x;sso-rw={JWT}")), ID);
    assert_eq!(user_id(&format!("sso={JWT}; x-userid=42")), "");
    assert_eq!(user_id(&format!("sso={JWT}, sso={OTHER}, x-userid={ID}")), "", "of two accounts it is neither's");
    assert_eq!(
        user_id(&format!("Name\tValue\tDomain\tPath\nsso\t{JWT}\t.grok.com\t/\nx-userid\t{ID}\tgrok.com\t/")),
        ID
    );
    let extension = json!([
        { "Host raw": "https://.grok.com/", "Name raw": "sso", "Content raw": JWT },
        { "domain": "grok.com.example.com", "name": "sso", "value": OTHER },
    ]);
    assert_eq!(found(&extension.to_string()), one(JWT));
    assert_eq!(
        found(&json!({ "cookies": [{ "domain": "grok.com", "name": "sso", "value": OPAQUE }] }).to_string()),
        one(OPAQUE)
    );
}

#[test]
fn commands_may_span_several_lines() {
    let command = format!(
        "curl 'https://grok.com/rest/x' \\\n  -H 'accept: */*' \\\n  -b 'a=b; sso={JWT}; x-userid={ID}' \\\n  --data-raw '{{}}'\n{OTHER}"
    );
    assert_eq!(found(&command), [(1, JWT.to_owned()), (5, OTHER.to_owned())]);
    assert_eq!(found(&format!("curl.exe ^\"https://grok.com/^\" ^\r\n  -b ^\"sso={JWT}^\"")), one(JWT));
}

#[test]
fn lists_may_be_written_by_hand() {
    for content in [
        format!("[{JWT}, {OTHER}]"),
        format!("[\n  \"{JWT}\",\n  \"{OTHER}\",\n]"),
        format!("{JWT},{OTHER}"),
        format!("{JWT} {OTHER}"),
        format!("sep=;\ntoken;note\n{JWT};x\n{OTHER};"),
        format!("“{JWT}”，\n‘{OTHER}’；"),
        format!("\u{feff}{JWT}\u{200b}\r\n\u{3000}{OTHER}\0"),
        format!("{{\"ssoBasic\": [{{\"token\": \"{JWT}\",}},], \"ssoSuper\": [\"sso={OTHER}\"]}}"),
        format!(
            "{{\"data\": {{\"accounts\": [{{\"email\": \"{MAIL}\", \"password\": \"{PASSWORD}\", \"sso\": \"{JWT}\"}}, {{\"cookie\": \"a=b; sso={OTHER}\"}}]}}}}"
        ),
        format!("{{\"{JWT}\": {{}}, \"{OTHER}\": {{}}}}"),
        format!("\"domain\",\"name\",\"value\"\n\"grok.com\",\"sso\",\"{JWT}\"\n\"grok.com\",\"sso\",\"{OTHER}\""),
    ] {
        let tokens: Vec<String> = found(&content).into_iter().map(|(_, token)| token).collect();
        assert_eq!(tokens, [JWT, OTHER], "{content}");
    }
    let table = read(&format!("token\tnote\tType\n{JWT}\tn\tssoSuper\n{MAIL}\t\t\n"), None).expect("it is a table");
    let (line, entry) = &table.entries[0];
    assert_eq!((*line, entry.note.as_deref(), entry.token_type), (2, Some("n"), Some(TokenType::Super)));
    assert_eq!(table.refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_null_field_is_missing() {
    assert_eq!(found(&json!([{ "token": null, "sso": JWT }]).to_string()), one(JWT));
    assert_eq!(read("[{\"token\": null}]", None).expect("it is JSON").refused.len(), 1);
}

#[test]
fn comments_in_json_are_ignored() {
    let list = format!(
        "// mine\n{{ # all\n\"ssoBasic\": [\"{JWT}\", /* \"x\", */],\n\"ssoSuper\": [{{\"token\": \"{OTHER}\", \"note\": \"a // b\"}}], // end\n}}"
    );
    let lines = format!(
        "# mine\n{{\"token\": \"{JWT}\", \"token_type\": \"sso\"}}\n// {MAIL}\n{{\"token\": \"{OTHER}\", \"token_type\": \"super\", \"note\": \"a // b\"}}"
    );
    for content in [list, lines] {
        let reading = read(&content, None).expect("it is JSON");
        assert_eq!(reading.refused, [], "{content}");
        let found: Vec<_> = reading.entries.iter().map(|(_, entry)| (&*entry.token, entry.token_type)).collect();
        assert_eq!(found, [(JWT, Some(TokenType::Basic)), (OTHER, Some(TokenType::Super))]);
        assert_eq!(reading.entries[1].1.note.as_deref(), Some("a // b"));
    }
    let error = read("[\n// a comment\n\"1\", oops\n]", None).expect_err("it is not JSON");
    assert!(error.contains("line 3 column 6"), "{error}");
}

#[test]
fn line_ends_of_every_system_are_read() {
    for content in [format!("{JWT}\r{OTHER}\r"), format!("{JWT}\r\n{OTHER}\r\n"), format!("{JWT}\n{OTHER}")] {
        assert_eq!(found(&content), [(1, JWT.to_owned()), (2, OTHER.to_owned())], "{content:?}");
        let wide: String = content.chars().flat_map(|c| [c, '\0']).collect();
        assert_eq!(found(&wide), found(&content), "read as 8-bit characters");
        let table = format!("token,note\n{}", content.replace(JWT, &format!("{JWT},\"a\nb\"")));
        assert_eq!(found(&table), [(2, JWT.to_owned()), (4, OTHER.to_owned())], "{table:?}");
    }
}

#[test]
fn many_accounts_in_one_line_are_read_fast() {
    let token = |n: usize| format!("{}.{n:08}", &JWT[..JWT.rfind('.').expect("it has parts")]);
    let line = (0..50_000).map(token).collect::<Vec<_>>().join(",");
    let begun = std::time::Instant::now();
    assert_eq!(found(&line).len(), 50_000);
    assert_eq!(read(&"sso=".repeat(500_000), None).expect("it is text").entries, []);
    assert!(read(&format!("{{{}", "/* ".repeat(500_000)), None).is_err());
    // Comparing each with each, or searching each to the end of the line, would take minutes.
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn a_list_keeps_its_order_and_numbers() {
    let json = json!({ "ssoNormal": { MAIL: {}, JWT: { "tags": "x" } }, "ssoSuper": [5, { "token": OTHER, "unknown": [] }, {}] });
    let reading = read(&json.to_string(), None).expect("it is JSON");
    let entries: Vec<_> =
        reading.entries.iter().map(|(line, entry)| (*line, &*entry.token, entry.token_type)).collect();
    assert_eq!(entries, [(4, OTHER, Some(TokenType::Super))]);
    assert_eq!(reading.refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 3, 5]);
    let lines = read(&format!("{{\"token\": \"{JWT}\"}}\n{{\n\n[\"{OTHER}\", 5]"), None).expect("it is JSON lines");
    assert_eq!(lines.entries.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 4]);
    assert_eq!(lines.refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4]);
}

#[test]
fn a_broken_text_names_the_place() {
    for (content, format) in [
        ("token\n\"a", None),
        ("a,b\n", Some(FileFormat::Csv)),
        ("[\"1", None),
        ("{\"tokens\":5}", None),
        ("{\"token\": \"secret-password\"", None),
        ("[]", None),
    ] {
        let error = read(content, format).expect_err(content);
        assert!(!error.contains("secret"), "{error}");
    }
}

/// Parts of pasted texts that are not tokens and must not be repeated.
const SECRETS: [&str; 6] = [MAIL, PASSWORD, "hunter2", "pass.word.x", "s3cret_pass-word.20chars", "geheim"];
/// Other parts of pasted texts.
const PIECES: &[&str] = &[
    JWT,
    OTHER,
    OPAQUE,
    ID,
    "----",
    "-",
    ":",
    "|",
    ",",
    ";",
    "\t",
    " ",
    "\n",
    "\r\n",
    "sso=",
    "sso-rw=",
    "SSO =",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    "#",
    "//",
    "#HttpOnly_",
    ".grok.com",
    "TRUE",
    "/",
    "1829287800",
    "sso",
    "token",
    "note",
    "curl ",
    "cookie: ",
    "\\\n",
    "——",
    "，",
    "\u{feff}",
    "\"token\":",
    "\"ssoBasic\":",
    "{\"token\":\"",
    "\"},",
    "=",
    "x-userid=",
];

fn assert_tokens(reading: &Reading, content: &str) {
    for (_, entry) in &reading.entries {
        let token = &entry.token;
        assert!(is_token(token), "{token:?} of {content:?}");
        assert!([MAIL, PASSWORD].iter().all(|secret| !token.contains(secret)), "{token:?} of {content:?}");
        assert!(!token.contains("----"), "{token:?} of {content:?}");
        assert_eq!(normalise_token(token).as_deref(), Ok(token.as_str()));
    }
    let repeats = |reason: &str| SECRETS.iter().any(|secret| reason.contains(secret));
    assert!(!reading.refused.iter().any(|(_, reason)| repeats(reason)), "{:?} of {content:?}", reading.refused);
}

/// Pieces in any order: every entry is a token, and no reason repeats a secret.
#[test]
fn every_entry_is_a_token() {
    let pieces = [PIECES, SECRETS.as_slice()].concat();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut entries = 0;
    for _ in 0..20_000 {
        let content: String = (0..=next(14)).map(|_| pieces[next(pieces.len())]).collect();
        match read(&content, [None, Some(FileFormat::Text), Some(FileFormat::Csv)][next(3)]) {
            Ok(reading) => {
                assert_tokens(&reading, &content);
                entries += reading.entries.len();
            }
            Err(error) => assert!(SECRETS.iter().all(|secret| !error.contains(secret)), "{error}"),
        }
    }
    assert!(entries > 1_000, "only {entries} entries were found at all");
}

#[test]
fn keys_of_xais_api_are_found_alone_and_after_labels() {
    let (key, other) = ("xai-AbCdEfGhIjKlMnOpQrStUv", "xai-bBcCdDeEfFgGhHiIjJkKl_-");
    let typed = |content: &str| {
        let reading = read(content, None).unwrap_or_else(|error| panic!("{error}: {content}"));
        let entries = reading.entries.into_iter();
        entries.map(|(_, entry)| (entry.token, entry.token_type == Some(TokenType::Xai))).collect::<Vec<_>>()
    };
    for content in [
        key.to_owned(),
        format!("  \"{key}\","),
        format!("XAI_API_KEY={key}"),
        format!("export XAI_API_KEY=\"{key}\""),
        format!("Authorization: Bearer {key}"),
        format!("{MAIL}----{PASSWORD}----{key}"),
        format!("my team: {key} # paid"),
        format!("curl https://api.x.ai/v1/models -H \"Authorization: Bearer {key}\""),
        format!("[\"{key}\"]"),
        format!("{{\"ssoBasic\": [\"{key}\"]}}"),
        format!("{{\"{key}\": {{\"note\": \"n\"}}}}"),
        format!("[{{\"token\": \"{key}\", \"token_type\": \"ssoSuper\", \"x-userid\": \"{ID}\"}}]"),
        format!("token,token_type\n{key},sso"),
    ] {
        assert_eq!(typed(&content), [(key.to_owned(), true)], "{content}");
    }
    let both = typed(&format!("{key}\n{JWT}\n{other}"));
    assert_eq!(both, [(key.to_owned(), true), (JWT.to_owned(), false), (other.to_owned(), true)]);
    assert_eq!(typed(&format!("{MAIL}----{key}----{JWT}")), [(JWT.to_owned(), false)], "a password may look like one");
    for content in
        [format!("sso={key}"), format!("a=b; sso-rw={key}"), format!("grok.com\tTRUE\t/\tTRUE\t0\tsso\t{key}")]
    {
        let reading = read(&content, None).expect("it is a line");
        assert_eq!(reading.entries, [], "{content}");
        assert_eq!(reading.refused, [(1, TokenError::ApiKey.words())], "{content}");
    }
    assert!(!is_token(key) && !is_token("xai-of-twenty-letters.x"));
}

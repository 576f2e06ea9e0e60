//! Chats while a variable that they read has a wrong value.

use super::*;

#[test]
fn a_wrong_variable_fails_the_chat_and_spares_the_accounts() {
    for (variable, value, asks_an_account) in [
        ("timezone_offset_minutes", "abc", false),
        ("trusted_proxy", "nope", false),
        ("grok_base_url", "grok.com", true),
    ] {
        let gateway = Gateway::new(2);
        gateway.host.set_variable(variable, value);
        let (status, answer) = gateway.chat(question(false));
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{answer}");
        assert_eq!(answer["error"]["code"], "internal_error");
        let message = answer["error"]["message"].as_str().expect("a text");
        assert!(message.starts_with(&format!("The variable {variable} must be ")), "{message}");
        assert_eq!(gateway.host.requests.borrow().len(), 0, "{variable}");
        assert_eq!((gateway.quota(1), gateway.skipped(1), gateway.skipped(2)), (80, false, false));
        let logged = if asks_an_account { vec![(500, "internal_error".to_owned(), 1)] } else { Vec::new() };
        assert_eq!(gateway.log(), logged, "{variable}");
        gateway.host.set_variable(variable, "");
        gateway.upstream(|_| whole_answer());
        assert_eq!(gateway.chat(question(false)).0, StatusCode::OK, "{variable}");
    }
}

#[test]
fn a_chat_reads_its_variables_once() {
    let gateway = Gateway::new(1);
    gateway.upstream(|_| whole_answer());
    gateway.host.read_variables.borrow_mut().clear();
    assert_eq!(gateway.chat(question(false)).0, StatusCode::OK);
    let read = gateway.host.read_variables.borrow();
    let expected =
        ["trusted_proxy", "timezone_offset_minutes", "encryption_key", "encryption_key_previous", "grok_base_url"];
    assert_eq!(*read, expected);
}

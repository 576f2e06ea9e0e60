//! Hosts that do not resolve names: addresses are looked up, stored, and used while they are valid.

use super::*;
use crate::host::{SendError, dns};

const DAY: i64 = 86_400_000;
/// What the scripted resolver knows, for 200 seconds.
const FOUND: [&str; 2] = ["162.159.140.1", "2606:4700::1"];

/// A host that only connects to addresses; `reachable` are those that answer.
fn looks_nothing_up(socket: &Socket, reachable: &'static [&'static str]) {
    socket.host.on_connect(move |handshake| {
        if handshake.addresses.is_empty() {
            return Err(WebSocketError::Unresolved("names are not looked up here".to_owned()));
        }
        match handshake.addresses.iter().any(|address| reachable.contains(&address.as_str())) {
            true => Ok(hello()),
            false => Err(WebSocketError::Unreachable("connection refused".to_owned())),
        }
    });
    socket.host.on_send(|request| match request.uri().host() {
        Some("grok.com") => Ok(script::identity(script::USER)),
        _ => Ok(dns::tests::resolver(request)),
    });
}

/// Stores addresses of the service's name that expire this many milliseconds from now.
fn keep(socket: &Socket, addresses: &str, valid: i64) {
    let until = crate::host::Host::now_ms(&*socket.host) + valid;
    let values = vec![addresses.into(), until.into()];
    socket.host.sql("INSERT INTO resolved_names VALUES ('grok.com', ?, ?)", values);
}

/// Returns the stored addresses and the seconds until they expire.
fn kept(socket: &Socket) -> (String, i64) {
    use crate::host::Value::{Integer, Text};
    let now = crate::host::Host::now_ms(&*socket.host);
    let rows = socket.host.sql("SELECT addresses, until FROM resolved_names WHERE name = 'grok.com'", vec![]);
    match rows.first().map(Vec::as_slice) {
        Some([Text(addresses), Integer(until)]) => (addresses.clone(), (until - now) / 1000),
        other => panic!("{other:?}"),
    }
}

/// The addresses of each handshake.
fn tried(socket: &Socket) -> Vec<Vec<String>> {
    socket.host.sockets.handshakes.borrow().iter().map(|handshake| handshake.addresses.clone()).collect()
}

/// Returns how many look-ups were made. Each is two queries, one for each address family.
fn look_ups(socket: &Socket) -> usize {
    let requests = socket.host.requests.borrow();
    requests.iter().filter(|request| request.uri().host() != Some("grok.com")).count() / 2
}

#[test]
fn a_host_that_looks_names_up_is_given_none() {
    let socket = Socket::new(1);
    socket.serve(|_| hello());
    socket.content(question(false));
    assert_eq!((tried(&socket), look_ups(&socket)), (vec![vec![]], 0));
    assert_eq!(socket.host.number("SELECT count(*) FROM resolved_names"), 0);
}

#[test]
fn addresses_are_looked_up_once_and_kept_while_valid() {
    let socket = Socket::new(1);
    looks_nothing_up(&socket, &FOUND);
    assert_eq!(socket.content(question(false)), "Hello world");
    assert_eq!(tried(&socket), [vec![], FOUND.to_vec()]);
    assert_eq!(kept(&socket), (r#"["162.159.140.1","2606:4700::1"]"#.to_owned(), 200));
    assert_eq!(socket.host.statements.borrow().len(), 2, "they are stored with the log row");

    socket.host.advance(Duration::from_secs(199));
    assert_eq!(socket.content(question(false)), "Hello world");
    assert_eq!((tried(&socket).len(), look_ups(&socket)), (3, 1), "the kept ones are used at once");

    socket.host.advance(Duration::from_secs(2));
    assert_eq!(socket.content(question(false)), "Hello world");
    assert_eq!(tried(&socket)[3..], [vec![], FOUND.to_vec()], "expired ones are not used");
    assert_eq!((look_ups(&socket), kept(&socket).1), (2, 200));
}

#[test]
fn known_addresses_come_with_the_reservation() {
    let socket = Socket::new(1);
    looks_nothing_up(&socket, &["192.0.2.7"]);
    keep(&socket, r#"["192.0.2.6","192.0.2.7"]"#, DAY);
    assert_eq!(socket.content(question(false)), "Hello world");
    assert_eq!(tried(&socket), [["192.0.2.6", "192.0.2.7"]]);
    assert_eq!((socket.host.statements.borrow().len(), look_ups(&socket)), (2, 0));
}

#[test]
fn addresses_that_do_not_answer_are_looked_up_again() {
    let socket = Socket::new(1);
    looks_nothing_up(&socket, &FOUND);
    keep(&socket, r#"["192.0.2.6"]"#, DAY);
    assert_eq!(socket.content(question(false)), "Hello world");
    assert_eq!(tried(&socket), [vec!["192.0.2.6"], FOUND.to_vec()]);
    assert_eq!(kept(&socket), (r#"["162.159.140.1","2606:4700::1"]"#.to_owned(), 200));
}

#[test]
fn addresses_of_another_name_are_not_used() {
    let socket = Socket::new(1);
    socket.host.set_variable("grok_base_url", "https://proxy.example");
    looks_nothing_up(&socket, &FOUND);
    socket.host.on_send(|request| match request.uri().host() {
        Some("proxy.example") => Ok(script::identity(script::USER)),
        _ => Ok(dns::tests::resolver(request)),
    });
    keep(&socket, r#"["192.0.2.6"]"#, DAY);
    assert_eq!(socket.content(question(false)), "Hello world");
    assert_eq!(tried(&socket), [vec![], FOUND.to_vec()]);
    assert_eq!(kept(&socket).0, r#"["192.0.2.6"]"#);
    assert_eq!(socket.host.number("SELECT count(*) FROM resolved_names"), 2);
}

#[test]
fn one_look_up_serves_all_attempts_of_a_request() {
    let socket = Socket::new(2);
    looks_nothing_up(&socket, &FOUND);
    socket.host.on_connect(|handshake| match (handshake.addresses.is_empty(), account(handshake)) {
        (true, _) => Err(WebSocketError::Unresolved("names are not looked up here".to_owned())),
        (false, 1) => Ok(vec![Frame::Close(1000, "")]),
        _ => Ok(hello()),
    });
    assert_eq!(socket.content(question(false)), "Hello world");
    assert_eq!((socket.dialled(), look_ups(&socket)), (vec![1, 1, 2], 1));
}

#[test]
fn a_name_without_an_address_is_no_accounts_fault() {
    let socket = Socket::new(2);
    looks_nothing_up(&socket, &FOUND);
    socket.host.on_send(|request| match request.uri().host() {
        Some("grok.com") => Ok(script::identity(script::USER)),
        _ => Err(SendError::Connection("refused".to_owned())),
    });
    let (status, answer) = socket.chat(question(false));
    assert_eq!((status.as_u16(), &answer["error"]["code"]), (502, &json!("upstream_error")));
    let message = answer["error"]["message"].as_str().expect("a text");
    assert!(message.contains("grok.com could not be looked up"), "{message}");
    assert_eq!((socket.dialled(), socket.charged(1), socket.user_id(1)), (vec![1], NOTHING, USER.to_owned()));
}

#[test]
fn all_stages_of_a_connection_share_twenty_seconds() {
    let socket = Socket::new(1);
    looks_nothing_up(&socket, &["192.0.2.6", FOUND[0]]);
    socket.host.connect_delay.set(Duration::from_secs(60));
    socket.host.on_send(|request| match request.uri().host() {
        Some("grok.com") => Ok(script::identity(script::USER)),
        Some("cloudflare-dns.com") => Ok(dns::tests::resolver(request)),
        _ => Ok(Answer { delay: Duration::from_secs(60), ..Answer::new(200, "") }),
    });
    keep(&socket, r#"["192.0.2.6"]"#, DAY);
    let started = crate::host::Host::monotonic_ms(&*socket.host);
    assert_eq!(socket.chat(question(false)).0.as_u16(), 504);
    assert_eq!(tried(&socket), [vec!["192.0.2.6"], FOUND.to_vec()]);
    let limits: Vec<_> =
        socket.host.sockets.handshakes.borrow().iter().map(|handshake| handshake.connect_timeout.as_millis()).collect();
    // A third of the time is for the stored address; at most half of the rest for the look-up, with two silent
    // resolvers.
    assert_eq!(limits, [6_666, 8_890]);
    assert!(crate::host::Host::monotonic_ms(&*socket.host) - started <= 20_000);
}

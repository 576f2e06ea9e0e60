//! Hosts that look no names up: addresses are kept, and used while they are valid.

use super::*;

const DAY: i64 = 86_400_000;

/// Keeps addresses of the service's name, valid for so many milliseconds from now.
fn keep(socket: &Socket, addresses: &str, valid: i64) {
    let until = crate::host::Host::now(&*socket.host) + valid;
    let values = vec![addresses.into(), until.into()];
    socket.host.sql("INSERT INTO resolved_names VALUES ('grok.com', ?, ?)", values);
}

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
}

/// The addresses of each handshake.
fn tried(socket: &Socket) -> Vec<Vec<String>> {
    socket.host.sockets.handshakes.borrow().iter().map(|handshake| handshake.addresses.clone()).collect()
}

#[test]
fn known_addresses_are_used() {
    let socket = Socket::new(1);
    looks_nothing_up(&socket, &["192.0.2.7"]);
    keep(&socket, r#"["192.0.2.6","192.0.2.7"]"#, DAY);
    assert_eq!(socket.content(question(false)), "Hello world");
    assert_eq!(tried(&socket), [["192.0.2.6", "192.0.2.7"]]);
    assert_eq!(socket.host.statements.borrow().len(), 2, "they come with the reservation");
}

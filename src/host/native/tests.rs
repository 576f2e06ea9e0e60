//! The native host refuses what real hosts refuse; its clock and upstream follow the test.

use futures::StreamExt;

use super::*;
use crate::{host::websocket, store::schema};

#[test]
fn refuses_what_a_real_host_refuses() {
    let host = NativeHost::new();
    for sql in ["BEGIN", "PRAGMA user_version", "SELECT 1; SELECT 2"] {
        assert!(host.execute(sql, &[]).is_err(), "{sql}");
    }
    assert!(host.execute("SELECT ?", &vec![Value::Null; 101]).is_err());
    for beyond in [1 << 53, i64::MAX, i64::MIN] {
        assert!(host.execute("SELECT ?", &[Value::Integer(beyond)]).is_err(), "{beyond}");
    }
    assert!(host.execute("SELECT ?", &[Value::Integer((1 << 53) - 1)]).is_ok());
    assert!(host.execute(&["SELECT 1"; 6].join(" UNION ALL "), &[]).is_err());
    assert_eq!(host.sql("SELECT 7", vec![]), [[Value::Integer(7)]]);
}

#[test]
fn time_jumps_only_when_all_wait() {
    let host = NativeHost::new();
    let (a, b) = (host.sleep(Duration::from_secs(600)), host.sleep(Duration::from_secs(30)));
    let clock = host.clone();
    let seen = host.run(async move {
        b.await;
        let at_b = clock.now_ms() - START;
        a.await;
        (at_b, clock.now_ms() - START)
    });
    assert_eq!(seen, (30_000, 600_000));
}

#[test]
fn the_upstream_follows_its_script_and_counts_readers() {
    let host = NativeHost::new();
    host.on_send(|_| {
        let mut answer = Answer::chunks(["a", "b"]);
        answer.body.push(Step::Wait(Duration::from_secs(5)));
        answer.body.push(Step::Break(SendError::Connection("reset".to_owned())));
        Ok(answer)
    });
    let client = host.clone();
    let seen = host.run(async move {
        let request = http::Request::get("https://grok.test/").body(Bytes::new()).expect("it is valid");
        let mut body = client.send(request).await.expect("it answers").into_body();
        let mut seen = Vec::new();
        while let Some(chunk) = body.next().await {
            seen.push(chunk.map_err(|e| e.to_string()));
            assert_eq!(client.open_bodies.get(), 1);
        }
        seen
    });
    assert_eq!(seen, [Ok("a".into()), Ok("b".into()), Err("reset".to_owned())]);
    assert_eq!((host.open_bodies.get(), host.now_ms() - START), (0, 5_000));
}

#[test]
fn the_schema_applies_to_an_empty_database_and_again() {
    let host = NativeHost::new();
    let db = host.app().db.clone();
    host.run(async move {
        schema::migrate(&db).await.expect("an empty database accepts it");
        schema::migrate(&db).await.expect("a current database accepts it too");
    });
    assert_eq!(host.number("SELECT count(*) FROM d1_migrations"), schema::MIGRATIONS.len() as i64);
}

#[test]
fn a_socket_follows_its_script_and_closes_when_dropped() {
    let host = NativeHost::new();
    host.on_connect(|handshake| {
        assert_eq!(handshake.url, "wss://grok.test/");
        Ok(vec![
            Frame::Text("hello".to_owned()),
            Frame::AfterSent(2),
            Frame::Wait(Duration::from_secs(5)),
            Frame::Text("both came".to_owned()),
            Frame::Close(1000, "bye"),
        ])
    });
    let client = host.clone();
    let seen = host.run(async move {
        let handshake = Handshake {
            url: "wss://grok.test/".to_owned(),
            headers: http::HeaderMap::new(),
            addresses: Vec::new(),
            connect_timeout: Duration::from_secs(1),
            max_message_bytes: 1024,
        };
        let socket = client.connect(handshake).await.expect("the script accepts");
        let mut messages = websocket::messages(socket.clone());
        let mut seen = vec![messages.next().await];
        for text in ["1", "2"] {
            assert!(messages.next().now_or_never().is_none(), "nothing comes before both messages");
            socket.send(text.to_owned()).await.expect("it is open");
        }
        seen.push(messages.next().await);
        seen.push(messages.next().await);
        assert_eq!(client.sockets.open.get(), 1);
        assert!(messages.next().await.is_none(), "an error is the end");
        seen
    });
    let closed = Err(WebSocketError::Closed { code: 1000, reason: "bye".to_owned() });
    assert_eq!(seen, [Some(Ok("hello".to_owned())), Some(Ok("both came".to_owned())), Some(closed)]);
    assert_eq!((host.sockets.open.get(), host.now_ms() - START), (0, 5_000));
    assert_eq!(*host.sockets.sent.borrow(), ["1", "2"]);
}

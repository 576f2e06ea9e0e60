//! The native host refuses what real hosts refuse, and its time and upstream follow the test.

use futures::StreamExt;

use super::*;
use crate::store::schema;

#[test]
fn refuses_what_a_real_host_refuses() {
    let host = NativeHost::new();
    for sql in ["BEGIN", "PRAGMA user_version", "SELECT 1; SELECT 2"] {
        assert!(host.execute(sql, vec![]).is_err(), "{sql}");
    }
    assert!(host.execute("SELECT ?", vec![Value::Null; 101]).is_err());
    assert!(host.execute(&["SELECT 1"; 6].join(" UNION ALL "), vec![]).is_err());
    assert_eq!(host.sql("SELECT 7", vec![]), [[Value::Integer(7)]]);
}

#[test]
fn time_jumps_only_when_all_wait() {
    let host = NativeHost::new();
    let (a, b) = (host.sleep(Duration::from_secs(600)), host.sleep(Duration::from_secs(30)));
    let clock = host.clone();
    let seen = host.run(async move {
        b.await;
        let at_b = clock.now() - START;
        a.await;
        (at_b, clock.now() - START)
    });
    assert_eq!(seen, (30_000, 600_000));
}

#[test]
fn the_upstream_follows_its_script_and_knows_who_still_reads() {
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
    assert_eq!((host.open_bodies.get(), host.now() - START), (0, 5_000));
}

#[test]
fn the_schema_applies_to_an_empty_database_and_again() {
    let host = NativeHost::new();
    let db = host.app().db.clone();
    host.run(async move {
        schema::migrate(&db).await.expect("an empty database takes it");
        schema::migrate(&db).await.expect("and a current one too");
    });
    assert_eq!(host.number("SELECT count(*) FROM d1_migrations"), schema::MIGRATIONS.len() as i64);
}

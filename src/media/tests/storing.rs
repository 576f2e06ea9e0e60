//! Which files are stored, and what clients get if storing fails.

use super::*;

#[test]
fn large_files_bypass_the_components_memory() {
    let gateway = Gateway::new();
    gateway.host.sql("INSERT INTO settings VALUES ('global', '{\"cache_max_file_mb\":1}')", vec![]);
    let (path, file) = (gateway.video(), bytes(MIB + 1));
    gateway.source(file.clone());
    let answer = gateway.get(&path, &[]);
    assert_eq!((answer.status, answer.is_through, answer.statements), (200, true, 2));
    assert_eq!((answer.body == file, answer.header("content-length")), (true, "1048577"));
    let answer = gateway.get(&path, &[("range", "bytes=10-19")]);
    assert_eq!((answer.status, answer.is_through, answer.body == file[10..20]), (206, true, true));
    assert_eq!(answer.header("content-range"), "bytes 10-19/1048577");
    assert_eq!(gateway.asked().len(), 2, "its size is known by now");
    let answer = gateway.get(&path, &[("range", "bytes=1048577-")]);
    assert_eq!(answer.status, 416);
    assert!(gateway.host.kv_calls.borrow().is_empty());
    assert_eq!(gateway.host.open_bodies.get(), 0);

    let small = gateway.video();
    gateway.source(bytes(MIB));
    assert!(!gateway.get(&small, &[]).is_through);
    assert_eq!(gateway.stored_parts(), 1);
}

#[test]
fn a_cache_of_no_size_keeps_nothing() {
    for setting in ["cache_max_file_mb", "video_cache_max_size_mb"] {
        let gateway = Gateway::new();
        gateway.host.sql("INSERT INTO settings VALUES ('global', ?)", vec![format!("{{\"{setting}\":0}}").into()]);
        gateway.source(bytes(10));
        assert!(gateway.get(&gateway.video(), &[]).is_through, "{setting}");
        assert_eq!(gateway.stored_parts(), 0);
    }
}

#[test]
fn an_unannounced_length_is_found_out() {
    for (size, limit_mb, is_stored) in [(2 * MIB + 5, 25, true), (2 * MIB + 5, 2, false)] {
        let gateway = Gateway::new();
        let limit = format!("{{\"cache_max_file_mb\":{limit_mb}}}");
        gateway.host.sql("INSERT INTO settings VALUES ('global', ?)", vec![limit.into()]);
        let (path, file) = (gateway.video(), bytes(size));
        let source = file.clone();
        gateway.host.on_send(move |_| {
            let mut answer = sent(200, &source, vec![]);
            answer.headers.remove(1);
            Ok(answer)
        });
        let answer = gateway.get(&path, &[("range", "bytes=0-1")]);
        assert_eq!((answer.status, answer.is_cut, answer.body == file), (200, false, true), "the size is unknown");
        assert!(answer.headers.get("content-length").is_none());
        assert_eq!(gateway.copies("stored"), i64::from(is_stored));
        assert_eq!(gateway.stored_parts(), if is_stored { 3 } else { 0 }, "what was begun is deleted");
        gateway.asked();
        let answer = gateway.get(&path, &[("range", "bytes=0-1")]);
        assert_eq!((answer.status, gateway.asked().len()), if is_stored { (206, 0) } else { (200, 1) });
    }
}

#[test]
fn a_second_reader_neither_stores_nor_waits() {
    let gateway = Gateway::new();
    let (path, file) = (gateway.video(), bytes(MIB + 10));
    let source = file.clone();
    gateway.host.on_send(move |request| {
        let mut answer = ranged(request, &source);
        wait(&mut answer, 1, Duration::from_secs(20));
        Ok(answer)
    });
    let first = gateway.host.run(router::route(gateway.host.app(), request(Method::GET, &path, &[])).boxed_local());
    assert_eq!(gateway.copies("storing"), 1);
    let second = gateway.get(&path, &[]);
    assert_eq!((second.is_through, second.body == file), (true, true));
    let part = gateway.get(&path, &[("range", "bytes=3-5")]);
    assert_eq!((part.status, part.body == file[3..6]), (206, true));
    assert_eq!(gateway.asked().len(), 3);
    let Body::Fallible(chunks) = first.into_body() else { panic!("the first one's bytes are stored on the way") };
    let chunks = gateway.host.run(chunks.collect::<Vec<_>>());
    assert!(chunks.into_iter().flatten().flatten().eq(file));
    gateway.host.settle();
    assert_eq!((gateway.copies("stored"), gateway.stored_parts()), (1, 2));
}

#[test]
fn a_client_with_the_whole_file_finds_it_stored() {
    for size in [1, 1000, MIB, 2 * MIB + 7] {
        let gateway = Gateway::new();
        let path = gateway.video();
        gateway.source(bytes(size));
        gateway.host.kv_delay.set(Duration::from_millis(50));
        let reply = gateway.host.run(router::route(gateway.host.app(), request(Method::GET, &path, &[])).boxed_local());
        let Body::Fallible(mut chunks) = reply.into_body() else { panic!("it is stored on the way") };
        let host = gateway.host.clone();
        let stored = gateway.host.run(async move {
            let mut received = 0;
            while received < size {
                received += chunks.next().await.expect("there is more").expect("it does not break off").len();
            }
            host.number("SELECT count(*) FROM media_copies WHERE state = 'stored'")
        });
        assert_eq!(stored, 1, "{size} bytes");
    }
}

#[test]
fn a_client_that_leaves_ends_the_fetch_without_a_trace() {
    let gateway = Gateway::new();
    let path = gateway.video();
    gateway.source(bytes(5 * MIB));
    let reply = gateway.host.run(router::route(gateway.host.app(), request(Method::GET, &path, &[])).boxed_local());
    let Body::Fallible(mut chunks) = reply.into_body() else { panic!("it is stored on the way") };
    gateway.host.run(async move {
        for _ in 0..30 {
            chunks.next().await;
        }
    });
    gateway.host.settle();
    assert_eq!(gateway.host.open_bodies.get(), 0);
    assert!(gateway.host.kv_calls.borrow().iter().any(|(operation, _)| *operation == "set"), "two parts were stored");
    assert_eq!((gateway.stored_parts(), gateway.host.number("SELECT count(*) FROM media_copies")), (0, 0));
    assert_eq!(gateway.get(&path, &[]).body.len(), 5 * MIB);
    assert_eq!(gateway.copies("stored"), 1);
}

#[test]
fn a_file_that_breaks_off_is_not_taken_for_whole() {
    for has_length in [true, false] {
        let gateway = Gateway::new();
        let path = gateway.video();
        gateway.host.on_send(move |_| {
            let mut answer = sent(200, &bytes(3 * MIB), vec![]);
            answer.body.truncate(20);
            if !has_length {
                answer.headers.remove(1);
                answer.body.push(Step::Break(crate::host::SendError::Connection("reset".to_owned())));
            }
            Ok(answer)
        });
        let answer = gateway.get(&path, &[]);
        assert!(answer.is_cut);
        assert_eq!((gateway.copies("stored"), gateway.stored_parts()), (0, 0));
        gateway.source(bytes(3 * MIB));
        assert!(gateway.get(&path, &[]).body == bytes(3 * MIB));
    }
}

#[test]
fn a_silent_source_is_given_up() {
    let gateway = Gateway::new();
    let path = gateway.video();
    gateway.host.on_send(|_| {
        let mut answer = sent(200, &bytes(MIB), vec![]);
        answer.body.insert(2, Step::Hang);
        Ok(answer)
    });
    assert!(gateway.get(&path, &[]).is_cut);
    assert_eq!(gateway.host.open_bodies.get(), 0);
}

#[test]
fn a_store_that_fails_does_not_fail_the_client() {
    for broken in ["set", "get", "delete"] {
        let gateway = Gateway::new();
        let (path, file) = (gateway.video(), bytes(2 * MIB + 7));
        gateway.source(file.clone());
        if broken == "get" {
            gateway.get(&path, &[]);
        }
        gateway.host.kv_broken.set(broken);
        for _ in 0..2 {
            let answer = gateway.get(&path, &[]);
            assert_eq!((answer.status, answer.is_cut, answer.body == file), (200, false, true), "{broken}");
            let answer = gateway.get(&path, &[("range", "bytes=1048576-")]);
            assert_eq!((answer.status, answer.body == file[MIB..]), (206, true), "{broken}");
        }
    }
}

#[test]
fn a_store_that_was_away_for_a_while_has_kept_its_files() {
    let gateway = Gateway::new();
    let (path, file) = (gateway.video(), bytes(2 * MIB));
    gateway.source(file.clone());
    gateway.get(&path, &[]);
    gateway.asked();
    gateway.host.advance(Duration::from_secs(600));
    gateway.host.kv_broken.set("get");
    assert!(gateway.get(&path, &[]).is_through);
    assert_eq!(gateway.asked().len(), 1);
    gateway.host.kv_broken.set("");
    assert!(gateway.get(&path, &[]).body == file);
    assert!(gateway.asked().is_empty(), "the copy is still there");
}

#[test]
fn a_database_that_takes_no_writes_does_not_fail_the_client() {
    for broken in
        ["INSERT INTO media_copies", "UPDATE media_copies SET state = 'stored'", "WITH", "UPDATE media_copies"]
    {
        let gateway = Gateway::new();
        let (path, file) = (gateway.video(), bytes(2 * MIB + 7));
        gateway.source(file.clone());
        *gateway.host.broken.borrow_mut() = Some(broken.to_owned());
        for _ in 0..2 {
            let answer = gateway.get(&path, &[]);
            assert_eq!((answer.status, answer.is_cut, answer.body == file), (200, false, true), "{broken}");
        }
        *gateway.host.broken.borrow_mut() = None;
        gateway.host.advance(Duration::from_secs(16 * 60));
        assert!(gateway.get(&path, &[]).body == file);
        assert!(gateway.get(&path, &[]).body == file);
        assert_eq!((gateway.copies("stored"), gateway.stored_parts()), (1, 3), "{broken}: as if nothing had been");
    }
}

#[test]
fn a_part_that_the_store_does_not_show_comes_from_the_source() {
    for (part, age_minutes) in [(0, 0), (1, 0), (2, 0), (0, 5), (1, 5), (2, 5)] {
        let gateway = Gateway::new();
        let (path, file) = (gateway.video(), bytes(2 * MIB + 7));
        gateway.source(file.clone());
        gateway.get(&path, &[]);
        gateway.asked();
        let (key, value) = gateway
            .host
            .kv
            .borrow_mut()
            .extract_if(.., |key, _| key.ends_with(&format!("/{part}")))
            .next()
            .expect("it was stored");
        gateway.host.advance(Duration::from_secs(60 * age_minutes));
        let answer = gateway.get(&path, &[]);
        assert_eq!((answer.status, answer.is_cut, answer.body == file), (200, false, true), "part {part}");
        assert_eq!(gateway.asked().len(), 1);
        if age_minutes == 0 {
            gateway.host.kv.borrow_mut().insert(key, value);
        } else if part > 0 {
            assert!(gateway.get(&path, &[]).body == file, "lost parts are stored again");
            assert_eq!(gateway.asked().len(), 1);
        }
        assert!(gateway.get(&path, &[]).body == file);
        assert!(gateway.asked().is_empty(), "part {part} after {age_minutes} minutes");
    }
}

#[test]
fn a_file_that_changed_at_its_source_is_not_patched_together() {
    let gateway = Gateway::new();
    let path = gateway.video();
    gateway.source(bytes(2 * MIB));
    gateway.get(&path, &[]);
    gateway.host.kv.borrow_mut().retain(|key, _| key.ends_with("/0"));
    gateway.source(bytes(2 * MIB + 1));
    let answer = gateway.get(&path, &[]);
    assert_eq!((answer.body.len(), answer.is_cut), (MIB, true));
}

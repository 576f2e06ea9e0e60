//! An instance may die in any step. No reader must get a wrong byte then, and no part may be forgotten.

use super::*;
use crate::media::cache::evict;

/// Runs maintenance until nothing is due.
fn maintain(gateway: &Gateway) {
    for _ in 0..10 {
        gateway.host.advance(Duration::from_secs(60));
        assert_eq!(gateway.ask(Method::POST, "/internal/maintenance", &[]).status, 204);
    }
}

#[test]
fn a_death_in_any_step_of_storing_is_repaired() {
    let file = bytes(2 * MIB + 7);
    let mut deaths = 0;
    for steps in 0.. {
        let gateway = Gateway::new();
        let path = gateway.video();
        gateway.source(file.clone());
        gateway.host.steps_left.set(Some(steps));
        let app = gateway.host.app();
        let visit = request(Method::GET, &path, &[]);
        gateway.host.start(async move {
            if let Body::Fallible(chunks) = router::route(app, visit).await.into_body() {
                chunks.collect::<Vec<_>>().await;
            }
        });
        gateway.host.settle();
        let is_over = gateway.host.steps_left.get() != Some(0);
        gateway.host.steps_left.set(None);

        let rows = gateway.host.number("SELECT count(*) FROM media_copies");
        assert!(gateway.stored_parts() == 0 || rows == 1, "no part without its row, {steps} steps");
        assert!(gateway.get(&path, &[]).body == file, "after {steps} steps");
        // Past every lease, and past midnight.
        gateway.host.advance(Duration::from_secs(17 * 3600));
        maintain(&gateway);
        assert_eq!((gateway.stored_parts(), gateway.host.number("SELECT count(*) FROM media_copies")), (0, 0));
        assert!(gateway.get(&path, &[]).body == file);
        assert_eq!(gateway.copies("stored"), 1);
        if is_over {
            break;
        }
        deaths += 1;
    }
    assert!(deaths >= 7, "statement, request, claim, three parts, mark: {deaths} steps");
}

#[test]
fn a_death_in_any_step_of_eviction_is_repaired() {
    for steps in 0.. {
        let gateway = Gateway::new();
        let path = gateway.video();
        gateway.source(bytes(3 * MIB));
        gateway.get(&path, &[]);
        gateway.host.advance(Duration::from_secs(17 * 3600));
        gateway.host.steps_left.set(Some(steps));
        let app = gateway.host.app();
        gateway.host.start(async move { evict::run_batch(&app, 40).map(drop).await });
        gateway.host.settle();
        let is_over = gateway.host.steps_left.get() != Some(0);
        gateway.host.steps_left.set(None);
        assert!(gateway.stored_parts() == 0 || gateway.host.number("SELECT count(*) FROM media_copies") == 1);
        maintain(&gateway);
        assert_eq!((gateway.stored_parts(), gateway.host.number("SELECT count(*) FROM media_copies")), (0, 0));
        if is_over {
            assert!(steps >= 5, "take, three parts, note");
            break;
        }
    }
}

#[test]
fn a_storing_that_outlives_its_lease_leaves_no_parts() {
    let gateway = Gateway::new();
    let (path, file) = (gateway.video(), bytes(3 * MIB));
    let source = file.clone();
    gateway.host.on_send(move |request| {
        let mut answer = ranged(request, &source);
        (0..20).for_each(|n| wait(&mut answer, 2 * n, Duration::from_secs(50)));
        Ok(answer)
    });
    let reply = gateway.host.run(router::route(gateway.host.app(), request(Method::GET, &path, &[])).boxed_local());
    let Body::Fallible(chunks) = reply.into_body() else { panic!("it is stored on the way") };
    let cleaner = gateway.host.app();
    let body = gateway.host.run(async move {
        let cleaning = async {
            cleaner.host.sleep(Duration::from_secs(16 * 60)).await;
            crate::media::cache::evict::run_batch(&cleaner, 40).await;
        };
        futures::join!(chunks.collect::<Vec<_>>(), cleaning).0
    });
    assert!(body.into_iter().flatten().flatten().eq(file), "the client gets its file");
    gateway.host.settle();
    maintain(&gateway);
    assert_eq!((gateway.stored_parts(), gateway.host.number("SELECT count(*) FROM media_copies")), (0, 0));
}

#[test]
fn what_is_cleared_while_it_is_written_does_not_come_back() {
    for cleaned in [0, 1, 40] {
        let gateway = Gateway::new();
        let (path, file) = (gateway.video(), bytes(5 * MIB));
        let source = file.clone();
        gateway.host.on_send(move |request| {
            let mut answer = ranged(request, &source);
            wait(&mut answer, 25, Duration::from_secs(20));
            Ok(answer)
        });
        let reply = gateway.host.run(router::route(gateway.host.app(), request(Method::GET, &path, &[])).boxed_local());
        let Body::Fallible(chunks) = reply.into_body() else { panic!("it is stored on the way") };
        let operator = gateway.host.app();
        let body = gateway.host.run(async move {
            let clearing = async {
                operator.host.sleep(Duration::from_secs(10)).await;
                crate::store::media_copies::clear(&operator.db, None).await.expect("it runs");
                crate::media::cache::evict::run_batch(&operator, cleaned).await;
            };
            futures::join!(chunks.collect::<Vec<_>>(), clearing).0
        });
        assert!(body.into_iter().flatten().flatten().eq(file), "the client gets its file");
        assert_eq!(gateway.copies("stored"), 0, "{cleaned} parts cleaned meanwhile");
        gateway.host.settle();
        maintain(&gateway);
        assert_eq!((gateway.stored_parts(), gateway.host.number("SELECT count(*) FROM media_copies")), (0, 0));
    }
}

#[test]
fn parts_that_cannot_be_deleted_are_not_forgotten() {
    let gateway = Gateway::new();
    let path = gateway.video();
    gateway.source(bytes(3 * MIB));
    gateway.get(&path, &[]);
    gateway.host.advance(Duration::from_secs(17 * 3600));
    gateway.host.kv_broken.set("delete");
    maintain(&gateway);
    assert_eq!((gateway.stored_parts(), gateway.copies("cleared")), (3, 1));
    gateway.host.kv_broken.set("");
    maintain(&gateway);
    assert_eq!((gateway.stored_parts(), gateway.host.number("SELECT count(*) FROM media_copies")), (0, 0));
}

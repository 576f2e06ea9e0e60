//! Eviction, clearing by hand, midnight, and the console's view of the cache.

use serde_json::{Value, json};

use super::*;

impl Gateway {
    /// A signed-in console's call.
    fn console(&self, method: Method, path: &str) -> Value {
        self.console_with(method, path, &Value::Null)
    }

    /// Signs in and returns the value of `Authorization`.
    pub fn sign_in(&self) -> String {
        let (status, signed_in) = self.login("a long password");
        assert_eq!(status, 200, "{signed_in}");
        format!("Bearer {}", signed_in["token"].as_str().expect("it signs in"))
    }

    pub fn login(&self, password: &str) -> (u16, Value) {
        self.host.set_variable("admin_password", "a long password");
        self.host.set_variable("password_iterations", "1000");
        let mut login = request(Method::POST, "/api/login", &[]);
        *login.body_mut() = sent(&json!({ "username": "admin", "password": password }));
        let reply = self.host.run(router::route(self.host.app(), login).boxed_local());
        let status = reply.status().as_u16();
        let Body::Full(answer) = reply.into_body() else { panic!("it is JSON") };
        (status, serde_json::from_slice(&answer).expect("it is JSON"))
    }

    /// The address of one of the files.
    pub fn path_of_any(&self) -> String {
        let rows = self.host.sql("SELECT id FROM media ORDER BY seq LIMIT 1", vec![]);
        let crate::host::Value::Text(id) = &rows[0][0] else { panic!("an id is text") };
        crate::media::address("", MediaKind::Image, id)
    }

    fn console_with(&self, method: Method, path: &str, body: &Value) -> Value {
        let token = self.sign_in();
        let method_is_get = method == Method::GET;
        let mut request = request(method, path, &[("authorization", &token)]);
        *request.body_mut() = sent(body);
        let answer = self.answer(request);
        let limit = if method_is_get { 2 } else { 5 };
        assert!(answer.statements <= limit, "{path}: {} statements", answer.statements);
        serde_json::from_slice(&answer.body).unwrap_or_else(|e| panic!("{path} answers no JSON: {e}"))
    }

    /// Puts `count` files of `size` bytes each into the cache, without fetching them.
    pub fn cached(&self, count: i64, kind: MediaKind, size: usize) {
        for n in 0..count {
            self.host.advance(Duration::from_millis(1));
            let path = self.file(kind, &format!("users/u/{n}"));
            self.source(bytes(size));
            assert_eq!(self.get(&path, &[]).status, 200);
        }
        self.asked();
    }
}

fn sent(body: &Value) -> crate::host::ByteStream {
    futures::stream::iter([Ok(Bytes::from(body.to_string()))]).boxed_local()
}

#[test]
fn the_oldest_go_when_the_cache_is_full() {
    let gateway = Gateway::new();
    gateway.host.sql("INSERT INTO settings VALUES ('global', '{\"video_cache_max_size_mb\":3}')", vec![]);
    let paths: Vec<_> = (0..5).map(|_| gateway.video()).collect();
    gateway.source(bytes(MIB - 10));
    let image = gateway.file(MediaKind::Image, "users/u/image.jpg");
    gateway.get(&image, &[]);
    paths.iter().for_each(|path| drop(gateway.get(path, &[])));
    assert_eq!((gateway.copies("stored"), gateway.stored_parts()), (4, 4), "three videos, and the image");
    gateway.asked();
    for (path, fetched) in [(&paths[2], 0), (&paths[3], 0), (&paths[4], 0), (&image, 0), (&paths[0], 1)] {
        assert_eq!(gateway.get(path, &[]).status, 200);
        assert_eq!(gateway.asked().len(), fetched, "{path}");
    }
}

#[test]
fn the_console_sees_what_is_cached() {
    let gateway = Gateway::new();
    gateway.cached(3, MediaKind::Image, 1024);
    gateway.cached(1, MediaKind::Video, 3 * MIB / 2);
    let size = gateway.console(Method::GET, "/api/cache/size");
    let expected = json!({
        "image_size": "3.0 KB", "image_size_bytes": 3072, "video_size": "1.5 MB", "video_size_bytes": 1_572_864,
        "total_size": "1.5 MB", "total_size_bytes": 1_575_936, "kept_size": "0.0 KB", "kept_size_bytes": 0,
    });
    assert_eq!(size["data"], expected);
    let page = gateway.console(Method::GET, "/api/cache/list?limit=2");
    assert_eq!((&page["data"]["total"], &page["data"]["has_more"]), (&json!(3), &json!(true)));
    let items = page["data"]["items"].as_array().expect("it is a list");
    assert_eq!(items.len(), 2);
    assert!(items[0]["mtime"].as_i64() > items[1]["mtime"].as_i64(), "the newest first");
    let url = items[0]["url"].as_str().expect("it has one");
    assert_eq!((items[0]["content_type"].as_str(), items[0]["size_bytes"].as_i64()), (Some("video/mp4"), Some(1024)));
    assert_eq!(items[0]["thumbnail"], url);
    assert_eq!((&items[0]["created_at"], &items[0]["token_suffix"]), (&json!(START - 3_600_000), &json!("x")));
    assert_eq!(items[0]["expires_at"], START + 16 * 3_600_000, "midnight");
    assert_eq!(gateway.get(url, &[]).body.len(), 1024);
    assert!(gateway.asked().is_empty());
    let rest = gateway.console(Method::GET, "/api/cache/list?limit=2&offset=2");
    assert_eq!((rest["data"]["items"].as_array().map(Vec::len), &rest["data"]["has_more"]), (Some(1), &json!(false)));
    let beyond = gateway.console(Method::GET, "/api/cache/list?offset=9");
    assert_eq!((&beyond["data"]["items"], &beyond["data"]["total"]), (&json!([]), &json!(3)));
    assert_eq!(gateway.console(Method::GET, "/api/cache/list?type=video")["data"]["total"], 1);
    assert_eq!(gateway.console(Method::GET, "/api/cache/list?type=music")["field"], "type");
}

#[test]
fn a_kind_is_cleared_by_itself() {
    let gateway = Gateway::new();
    gateway.cached(3, MediaKind::Image, 10);
    gateway.cached(2, MediaKind::Video, 10);
    let answer = gateway.console(Method::POST, "/api/cache/clear/images");
    assert_eq!(answer["data"], json!({ "deleted_count": 3, "parts_left": 0, "type": "images" }));
    assert_eq!((gateway.stored_parts(), gateway.copies("stored")), (2, 2));
    let answer = gateway.console(Method::POST, "/api/cache/clear/videos");
    assert_eq!(answer["data"], json!({ "deleted_count": 2, "parts_left": 0, "type": "videos" }));
    assert_eq!(
        (gateway.stored_parts(), gateway.console(Method::GET, "/api/cache/size")["data"]["total_size_bytes"].clone()),
        (0, json!(0))
    );
}

#[test]
fn single_files_are_taken_out_of_the_cache() {
    let gateway = Gateway::new();
    gateway.cached(3, MediaKind::Image, 10);
    gateway.cached(1, MediaKind::Video, 2 * MIB);
    let ids = |kind: &str| -> Vec<Value> {
        let list = gateway.console(Method::GET, &format!("/api/cache/list?type={kind}"));
        list["data"]["items"].as_array().expect("it is a list").iter().map(|item| item["id"].clone()).collect()
    };
    let delete = |ids: &[&Value]| gateway.console_with(Method::POST, "/api/cache/delete", &json!({ "ids": ids }));
    let (images, videos) = (ids("image"), ids("video"));
    let strange = crate::media::id::new([9; 16]);
    let answer = delete(&[&images[1], &videos[0], &images[1], &json!(strange), &json!("../x")]);
    assert_eq!(answer["data"], json!({ "deleted": 2, "parts_left": 0 }));
    assert_eq!((gateway.stored_parts(), gateway.host.number("SELECT count(*) FROM media_copies")), (2, 2));
    assert_eq!((ids("image"), ids("video")), (vec![images[0].clone(), images[2].clone()], vec![]));
    assert_eq!(delete(&[&images[1]])["data"]["deleted"], 0, "it is gone already");
    assert_eq!(delete(&[])["field"], "ids");
    let many = vec![&images[1]; 10_001];
    assert_eq!(delete(&many)["field"], "ids");
    // The address stays.
    gateway.asked();
    let path = crate::media::address("", MediaKind::Image, images[1].as_str().expect("it is text"));
    assert_eq!((gateway.get(&path, &[]).status, gateway.asked().len()), (200, 1));
}

#[test]
fn many_files_are_taken_out_at_once_and_deleted_in_slices() {
    let gateway = Gateway::new();
    gateway.cached(100, MediaKind::Image, 10);
    let list = gateway.console(Method::GET, "/api/cache/list?limit=200");
    let ids: Vec<_> = list["data"]["items"].as_array().expect("it is a list").iter().map(|item| &item["id"]).collect();
    gateway.host.kv_calls.borrow_mut().clear();
    let answer = gateway.console_with(Method::POST, "/api/cache/delete", &json!({ "ids": ids }));
    assert_eq!(answer["data"], json!({ "deleted": 100, "parts_left": 60 }));
    assert_eq!((gateway.stored_parts(), gateway.host.kv_calls.borrow().len()), (60, 40));
    assert_eq!(gateway.console(Method::GET, "/api/cache/list")["data"]["total"], 0, "none can be read");
}

#[test]
fn a_thousand_files_are_cleared_at_once_and_deleted_in_slices() {
    let gateway = Gateway::new();
    gateway.cached(1000, MediaKind::Image, 10);
    gateway.host.kv_calls.borrow_mut().clear();
    let answer = gateway.console(Method::POST, "/api/cache/clear");
    assert_eq!(answer["data"], json!({ "deleted_count": 1000, "parts_left": 960 }));
    let deleted = gateway.host.kv_calls.borrow().len();
    let statements = gateway.host.statements.borrow().len();
    assert_eq!(deleted, 40);
    assert!(deleted + statements <= 50, "{statements} statements beside");
    assert_eq!(gateway.console(Method::GET, "/api/cache/list")["data"]["total"], 0, "none can be read");
    for slice in 0.. {
        if gateway.stored_parts() == 0 {
            assert_eq!(slice, 60);
            break;
        }
        gateway.host.advance(Duration::from_secs(60));
        gateway.host.kv_calls.borrow_mut().clear();
        gateway.ask(Method::POST, "/internal/maintenance", &[]);
        assert!(gateway.host.kv_calls.borrow().len() + gateway.host.statements.borrow().len() <= 50);
    }
    assert_eq!(gateway.host.number("SELECT count(*) FROM media_copies"), 0);
    assert_eq!(gateway.host.number("SELECT count(*) FROM media"), 1000, "the addresses stay");
}

#[test]
fn the_cache_is_empty_after_local_midnight() {
    let gateway = Gateway::new();
    // 08:00 UTC is 16:00 there.
    gateway.host.set_variable("timezone_offset_minutes", "480");
    let (path, file) = (gateway.video(), bytes(1000));
    gateway.source(file.clone());
    assert_eq!(gateway.get(&path, &[]).header("cache-control"), "public, max-age=28800");
    gateway.asked();
    gateway.host.advance(Duration::from_secs(8 * 3600 - 10));
    assert_eq!(gateway.get(&path, &[]).header("cache-control"), "public, max-age=10");
    assert!(gateway.asked().is_empty());
    gateway.host.advance(Duration::from_secs(10));
    assert_eq!(gateway.console(Method::GET, "/api/cache/size")["data"]["total_size_bytes"], 0);
    gateway.ask(Method::POST, "/internal/maintenance", &[]);
    assert_eq!((gateway.stored_parts(), gateway.host.number("SELECT count(*) FROM media_copies")), (0, 0));
    let answer = gateway.get(&path, &[]);
    assert_eq!((answer.status, answer.body == file, gateway.asked().len()), (200, true, 1), "fetched again");
    assert_eq!(gateway.stored_parts(), 1);
}

#[test]
fn expired_bytes_are_not_served_even_before_eviction() {
    let gateway = Gateway::new();
    let path = gateway.video();
    gateway.source(bytes(1000));
    gateway.get(&path, &[]);
    gateway.asked();
    gateway.host.advance(Duration::from_secs(17 * 3600));
    assert_eq!((gateway.get(&path, &[]).status, gateway.asked().len()), (200, 1));
    assert_eq!((gateway.copies("stored"), gateway.stored_parts()), (1, 1), "yesterday's went on the way");
}

#[test]
fn maintenance_has_a_lease_and_forgets_old_files() {
    let gateway = Gateway::new();
    let (old, new) = (gateway.video(), gateway.video());
    gateway.host.sql("UPDATE media SET created_at = ? WHERE seq = 1", vec![(START - 91 * 86_400_000).into()]);
    gateway.source(bytes(10));
    assert_eq!(gateway.ask(Method::POST, "/internal/maintenance", &[]).status, 204);
    assert_eq!((gateway.get(&old, &[]).status, gateway.get(&new, &[]).status), (404, 200));
    let again = gateway.ask(Method::POST, "/internal/maintenance", &[]);
    assert_eq!((again.status, again.statements), (204, 1), "the lease still lives");
    assert_eq!(gateway.ask(Method::GET, "/internal/maintenance", &[]).status, 405);
}

//! Pictures that no host serves: midnight and clearing spare them, their retention and the size limit do not.

use super::*;
use crate::{
    media::{
        cache::keep::{Picture, keep},
        media_type::MediaType,
    },
    settings::Settings,
    time,
};

const DAY: u64 = time::DAY as u64 / 1000;

impl Gateway {
    /// Keeps pictures of these sizes. Returns their paths, and whether each was stored.
    fn kept(&self, sizes: &[usize]) -> (Vec<String>, Vec<bool>) {
        let app = self.host.app();
        let paths: Vec<_> = sizes.iter().map(|_| self.file(MediaKind::Image, "")).collect();
        let picture = |(path, size): (&String, &usize)| Picture {
            media_id: path.rsplit('/').next().expect("it has an id").to_owned(),
            media_type: MediaType::parse("image/jpeg").expect("it is served"),
            bytes: bytes(*size).into(),
        };
        let pictures: Vec<_> = paths.iter().zip(sizes).map(picture).collect();
        let settings = self.host.sql("SELECT value FROM settings WHERE section = 'global'", vec![]);
        let settings = match settings.first().map(|row| &row[0]) {
            Some(crate::host::Value::Text(text)) => Settings::from_sections(Some(text), None),
            _ => Settings::from_sections(None, None),
        };
        let stored = self.host.run(async move { keep(&app, &settings, &pictures).await });
        (paths, stored)
    }
}

#[test]
fn midnight_and_clearing_spare_the_only_copy() {
    let gateway = Gateway::new();
    let (paths, stored) = gateway.kept(&[10, 3 * MIB / 2]);
    assert_eq!((stored, gateway.stored_parts()), (vec![true, true], 3));
    for _ in 0..3 {
        gateway.host.advance(Duration::from_secs(DAY));
        gateway.ask(Method::POST, "/internal/maintenance", &[]);
    }
    let app = gateway.host.app();
    gateway.host.run(async move { crate::store::media_copies::clear(&app.db, None).await.expect("it runs") });
    gateway.ask(Method::POST, "/internal/maintenance", &[]);
    assert_eq!(gateway.get(&paths[0], &[]).body, bytes(10));
    let part = gateway.get(&paths[1], &[("range", "bytes=1500000-1500003")]);
    assert_eq!((part.status, part.body), (206, bytes(3 * MIB / 2)[1_500_000..1_500_004].to_vec()));
    assert!(gateway.asked().is_empty(), "no host is asked");
}

#[test]
fn a_kept_picture_goes_with_its_retention() {
    let gateway = Gateway::new();
    gateway.host.sql("INSERT INTO settings VALUES ('global', '{\"media_retention_days\":2}')", vec![]);
    let (paths, _) = gateway.kept(&[10]);
    gateway.host.advance(Duration::from_secs(2 * DAY - 7200));
    assert_eq!(gateway.get(&paths[0], &[]).status, 200);
    gateway.host.advance(Duration::from_secs(7200 + 60));
    gateway.ask(Method::POST, "/internal/maintenance", &[]);
    assert_eq!((gateway.get(&paths[0], &[]).status, gateway.stored_parts()), (404, 0));
    assert!(gateway.asked().is_empty());
}

#[test]
fn a_full_cache_evicts_what_a_host_serves_first() {
    let gateway = Gateway::new();
    gateway.host.sql("INSERT INTO settings VALUES ('global', '{\"image_cache_max_size_mb\":2}')", vec![]);
    let (first, _) = gateway.kept(&[MIB]);
    let served = gateway.file(MediaKind::Image, "users/u/image.jpg");
    gateway.source(bytes(MIB));
    assert_eq!(gateway.get(&served, &[]).status, 200);
    gateway.asked();
    gateway.host.advance(Duration::from_secs(1));
    let (second, _) = gateway.kept(&[MIB]);
    for path in [&first[0], &second[0]] {
        assert_eq!(gateway.get(path, &[]).status, 200, "{path}");
    }
    assert_eq!((gateway.get(&served, &[]).status, gateway.asked().len()), (200, 1), "it is fetched again");
    gateway.host.advance(Duration::from_secs(1));
    let (third, stored) = gateway.kept(&[MIB, 3 * MIB]);
    assert_eq!(stored, [true, false], "larger than the cache");
    let statuses = [&first[0], &third[0], &third[1]].map(|path| gateway.get(path, &[]).status);
    assert_eq!(statuses, [410, 200, 410]);
}

//! Names of pictures and videos on Grok's file host, before they get addresses of our own.

/// The upstream's name for a file, cleaned; `None` for placeholders (`""`, `/`, a host alone) and for the previews that
/// disappear.
pub fn file_name(url: &str) -> Option<&str> {
    let url = url.trim();
    let path = path_of(url);
    let usable = !path.is_empty() && !path.contains("-part-0");
    usable.then(|| if path.len() == url.len() { url } else { url.trim_start_matches('/') })
}

/// Whether two names mean one file: the asset host may be written out or left out.
pub fn same_file(one: &str, other: &str) -> bool {
    path_of(one) == path_of(other)
}

fn path_of(url: &str) -> &str {
    let scheme = url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"));
    let path = match scheme {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => url,
    };
    path.trim_matches('/')
}

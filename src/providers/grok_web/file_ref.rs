//! Names of pictures and videos on Grok's file host, before they get addresses of the gateway.

/// Returns Grok's name for a file without host and leading slash. `None` for placeholders (`""`, `/`, a host alone)
/// and for temporary previews.
pub fn file_name(url: &str) -> Option<&str> {
    let url = url.trim();
    let path = path_of(url);
    let usable = !path.is_empty() && !path.contains("-part-0");
    usable.then(|| if path.len() == url.len() { url } else { url.trim_start_matches('/') })
}

/// Returns whether two names mean the same file, with or without the asset host.
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

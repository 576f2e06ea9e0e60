//! Pictures and videos as the upstream names them, before they get addresses of our own.

/// A finished picture or video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaRef {
    pub kind: MediaKind,
    /// A path on the upstream's asset host without leading slash, or a whole address.
    pub url: String,
    /// A video's still picture, named likewise.
    pub thumbnail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    Image,
    Video,
}

impl MediaKind {
    /// How an answer shows the file that `url` leads to.
    pub fn markup(self, url: &str) -> String {
        match self {
            MediaKind::Image => format!("![Generated Image]({url})"),
            MediaKind::Video => format!("<video src=\"{url}\" controls=\"controls\"></video>"),
        }
    }
}

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

//! The results of searches, from the fields that hold them.

use super::wire::{Part, SearchResult, ToolResult, Webpage};
use crate::{
    inference::event::Source,
    json::{Field, Object},
};

/// Returns the pages and posts that a tool found.
pub fn of_tool(result: ToolResult) -> Vec<Source> {
    let mut found = Vec::new();
    if let Field::Given(Object(pages)) = result.web_search {
        found.extend(listed(pages.webpages).chain(listed(pages.web_results)).filter_map(page));
    }
    if let Field::Given(Object(posts)) = result.x_post {
        for post in listed(posts.posts) {
            if let (Some(user), Some(id)) = (post.userhandle.given(), post.post_id.given()) {
                found.push(Source {
                    title: format!("@{user}"),
                    url: format!("https://x.com/{user}/status/{id}"),
                    preview: post.text.given().unwrap_or_default().into_owned(),
                });
            }
        }
    }
    found
}

/// Returns the pages of `response.search.result`.
pub fn of_search(result: SearchResult) -> Vec<Source> {
    let single = Webpage { url: result.url, title: result.title, ..Webpage::default() };
    page(single).into_iter().chain(listed(result.web_results).filter_map(page)).collect()
}

/// Returns the objects of a list.
fn listed<T>(list: Field<Vec<Part<T>>>) -> impl Iterator<Item = T> {
    let items = list.given().unwrap_or_default().into_iter().filter_map(Field::given);
    items.map(|Object(item)| item)
}

/// Returns a page that was found, or `None` if it has no address.
fn page(page: Webpage) -> Option<Source> {
    let url = page.url.given().filter(|url| !url.is_empty())?.into_owned();
    let title = page.title.given().filter(|title| !title.is_empty()).map_or_else(|| url.clone(), Into::into);
    let preview = page.snippet.given().or(page.preview.given()).unwrap_or_default().into_owned();
    Some(Source { title, url, preview })
}

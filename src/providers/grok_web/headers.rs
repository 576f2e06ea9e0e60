//! The headers that make a request look like one of the account's browser.

/// The operator's values. They are forwarded unchanged; empty ones are left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Operator<'a> {
    pub user_agent: &'a str,
    pub x_statsig_id: &'a str,
    pub cf_clearance: &'a str,
}

/// Returns the headers of a JSON request to the service at `base_url` (`https://grok.com`).
///
/// `token` is a bare session token, `referer` the page from which the request seems to come. `random` becomes the
/// request's id.
pub fn json_request(
    operator: &Operator,
    base_url: &str,
    token: &str,
    referer: &str,
    random: [u8; 16],
) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("accept", "*/*".to_owned()),
        ("cookie", cookie(operator, token, "")),
        ("origin", base_url.trim_end_matches('/').to_owned()),
        ("referer", referer.to_owned()),
        ("x-xai-request-id", uuid_v4(random)),
    ];
    optional(&mut headers, &[("user-agent", operator.user_agent), ("x-statsig-id", operator.x_statsig_id)]);
    headers
}

/// Returns the headers of a request with cookies and without signature: for a file, which only its owner may read,
/// for an upload, or for the account's user id.
pub fn plain_request(operator: &Operator, base_url: &str, token: &str) -> Vec<(&'static str, String)> {
    let base_url = base_url.trim_end_matches('/');
    let mut headers = vec![
        ("accept", "*/*".to_owned()),
        ("cookie", cookie(operator, token, "")),
        ("referer", format!("{base_url}/")),
    ];
    optional(&mut headers, &[("user-agent", operator.user_agent)]);
    headers
}

/// Returns the headers of the WebSocket upgrade: three cookies, `Origin` and `User-Agent`. Grok expects no signature
/// here.
pub fn upgrade(operator: &Operator, base_url: &str, token: &str, user_id: &str) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("cookie", cookie(operator, token, user_id)),
        ("origin", base_url.trim_end_matches('/').to_owned()),
        ("cache-control", "no-cache".to_owned()),
        ("pragma", "no-cache".to_owned()),
    ];
    optional(&mut headers, &[("user-agent", operator.user_agent)]);
    headers
}

fn optional(headers: &mut Vec<(&'static str, String)>, values: &[(&'static str, &str)]) {
    for (name, value) in values {
        let value = header_value(value);
        if !value.is_empty() {
            headers.push((name, value));
        }
    }
}

fn cookie(operator: &Operator, token: &str, user_id: &str) -> String {
    let token = header_value(token);
    let mut cookie = format!("sso={token}; sso-rw={token}");
    if !user_id.is_empty() {
        cookie.push_str("; x-userid=");
        cookie.push_str(&header_value(user_id));
    }
    let clearance = header_value(operator.cf_clearance);
    let clearance = clearance.trim_start_matches("cf_clearance=").split(';').next().unwrap_or_default().trim();
    if !clearance.is_empty() {
        cookie.push_str("; cf_clearance=");
        cookie.push_str(clearance);
    }
    cookie
}

/// Returns the value without characters that a header may not hold. A pasted line break must not start another
/// header.
fn header_value(value: &str) -> String {
    value.trim().chars().filter(|c| (' '..='~').contains(c)).collect()
}

/// Returns a version 4 UUID made of 16 random bytes.
pub fn uuid_v4(mut random: [u8; 16]) -> String {
    random[6] = random[6] & 0x0f | 0x40;
    random[8] = random[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(random));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'h>(headers: &'h [(&str, String)], name: &str) -> Option<&'h str> {
        headers.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn empty_settings_add_no_header() {
        let headers = json_request(&Operator::default(), "https://grok.com/", "t", "https://grok.com/", [0xff; 16]);
        assert_eq!(value(&headers, "cookie"), Some("sso=t; sso-rw=t"));
        assert_eq!(value(&headers, "origin"), Some("https://grok.com"));
        assert_eq!(value(&headers, "x-xai-request-id"), Some("ffffffff-ffff-4fff-bfff-ffffffffffff"));
        assert_eq!(value(&headers, "user-agent"), None);
        assert_eq!(value(&headers, "x-statsig-id"), None);
    }

    #[test]
    fn the_upgrade_carries_three_cookies_and_no_signature() {
        let operator = Operator { user_agent: "Agent/1", x_statsig_id: "id", cf_clearance: "abc" };
        let headers = upgrade(&operator, "https://grok.com", "t", "8f1c1e0a-9f3e-4a5f-8f7f-2b0b5a8e4f10");
        let cookie = "sso=t; sso-rw=t; x-userid=8f1c1e0a-9f3e-4a5f-8f7f-2b0b5a8e4f10; cf_clearance=abc";
        assert_eq!(value(&headers, "cookie"), Some(cookie));
        assert_eq!(value(&headers, "origin"), Some("https://grok.com"));
        assert_eq!(value(&headers, "user-agent"), Some("Agent/1"));
        assert_eq!(value(&headers, "x-statsig-id"), None);
        assert_eq!(value(&headers, "authorization"), None);
    }

    #[test]
    fn settings_are_forwarded_without_line_breaks() {
        let operator = Operator {
            user_agent: "Agent/1\r\nx-evil: 1",
            x_statsig_id: " id ",
            cf_clearance: "cf_clearance=abc; x=y",
        };
        let headers = json_request(&operator, "https://grok.com", "t", "https://grok.com/imagine/p", [0; 16]);
        assert_eq!(value(&headers, "user-agent"), Some("Agent/1x-evil: 1"));
        assert_eq!(value(&headers, "x-statsig-id"), Some("id"));
        assert_eq!(value(&headers, "cookie"), Some("sso=t; sso-rw=t; cf_clearance=abc"));
        assert_eq!(value(&headers, "referer"), Some("https://grok.com/imagine/p"));
    }
}

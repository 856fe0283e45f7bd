//! What the Matrix front-end must be told.

use serde::{Deserialize, Serialize};

/// The `[matrix]` table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The address under which clients reach the client-server API, such as `https://chat.example.org`; without it
    /// `/.well-known/matrix/client` is not found, and clients stay with the address that their user typed.
    pub public_base_url: Option<String>,
    /// Whether clients encrypt new direct conversations unasked (`io.element.e2ee`, `default`).
    pub encrypt_by_default: bool,
}

impl Config {
    /// The keys whose value cannot work, each with what was expected.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let wrong = self.public_base_url.as_deref().filter(|url| !is_base(url));
        let expected =
            "expected an address such as https://chat.example.org, without query or fragment";
        wrong
            .map(|_| ("public_base_url", expected.to_owned()))
            .into_iter()
            .collect()
    }
}

/// Whether clients can put paths behind it (Matrix client-server API "Well-known URIs", `base_url`).
fn is_base(url: &str) -> bool {
    let Ok(uri) = url.parse::<axum::http::Uri>() else {
        return false;
    };
    let is_web = matches!(uri.scheme_str(), Some("https" | "http"));
    is_web && uri.host().is_some_and(|host| !host.is_empty()) && !url.contains(['?', '#', '@'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_one_that_paths_can_follow() {
        let check = |url: &str, works: bool| {
            let config = Config {
                public_base_url: Some(url.to_owned()),
                ..Config::default()
            };
            assert_eq!(config.problems().is_empty(), works, "{url}");
        };
        check("https://chat.example.org", true);
        check("https://chat.example.org:8448/", true);
        check("http://127.0.0.1:8008", true);
        check("https://example.org/chat", true);
        check("chat.example.org", false);
        check("", false);
        check("https://", false);
        check("ftp://chat.example.org", false);
        check("https://chat.example.org/?a=b", false);
        check("https://alice@chat.example.org", false);
        check("https://chat example.org", false);
        assert_eq!(Config::default().problems(), []);
    }
}

//! What a development server answers: programs on this machine that mean this machine. A page of a foreign site in the developer's browser
//! does not, whatever name it gave to the loopback address (DNS rebinding).

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};

/// Element Desktop's own pages.
const ELEMENT_DESKTOP: &str = "vector://vector";
/// The headers of proxies: RFC 7239, and what was usual before it.
const FORWARDED: [HeaderName; 4] = [
    header::FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
];

/// Why a development server does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Foreign {
    /// No `Host` header, and no authority in the path either.
    #[error("the Host header is missing")]
    NoHost,
    /// Another machine's name.
    #[error(
        "a development server answers to localhost, 127.0.0.1 and [::1] only, not to this Host"
    )]
    Host,
    /// A page from elsewhere.
    #[error("a development server takes no requests from pages of other sites (Origin)")]
    Origin,
    /// A request that came through a proxy.
    #[error("a development server takes no requests from proxies (Forwarded, X-Forwarded-For)")]
    Forwarded,
}

impl Foreign {
    /// Its HTTP status. RFC 9112 section 3.2 prescribes the one for a missing `Host`.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NoHost => StatusCode::BAD_REQUEST,
            Self::Host | Self::Origin | Self::Forwarded => StatusCode::FORBIDDEN,
        }
    }
}

/// Refuses what does not come from this machine and mean it.
///
/// # Errors
/// The first reason found.
pub fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), Foreign> {
    let hosts = headers.get_all(header::HOST).into_iter();
    let mut hosts = hosts.map(|host| Authority::try_from(host.as_bytes()).ok());
    // HTTP/2 has it in place of the header (RFC 9113 section 8.3.1); in HTTP/1.1 it overrides the header (RFC 9112 section 3.2.2).
    let authority = uri.authority().cloned();
    if !hosts.all(|host| host.is_some_and(|host| is_local(&host)))
        || authority.as_ref().is_some_and(|host| !is_local(host))
    {
        return Err(Foreign::Host);
    }
    if authority.is_none() && !headers.contains_key(header::HOST) {
        return Err(Foreign::NoHost);
    }
    if FORWARDED.iter().any(|name| headers.contains_key(name)) {
        return Err(Foreign::Forwarded);
    }
    let mut origins = headers.get_all(header::ORIGIN).into_iter();
    if origins.all(|origin| is_local_origin(origin.as_bytes())) {
        Ok(())
    } else {
        Err(Foreign::Origin)
    }
}

fn is_local(authority: &Authority) -> bool {
    let host = authority.host();
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let loopback = |address: IpAddr| address.to_canonical().is_loopback();
    !authority.as_str().contains('@')
        && (host.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(loopback))
}

/// RFC 6454 section 7: scheme, host and port of one page; `null` for those that have none, foreign ones among them.
fn is_local_origin(origin: &[u8]) -> bool {
    let Ok(origin) = std::str::from_utf8(origin) else {
        return false;
    };
    let host = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    // COMPAT(Element Desktop, 1.11): no site can have this origin.
    origin == ELEMENT_DESKTOP
        || host.is_some_and(|host| host.parse().is_ok_and(|host| is_local(&host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_request(uri: &str, headers: &[(HeaderName, &str)], expected: Result<(), Foreign>) {
        let map = headers
            .iter()
            .fold(HeaderMap::new(), |mut map, (name, value)| {
                map.append(name, value.parse().unwrap());
                map
            });
        assert_eq!(
            check(&uri.parse().unwrap(), &map),
            expected,
            "{uri} {headers:?}"
        );
    }

    #[test]
    fn a_host_must_be_this_machine() {
        let host = |host: &str, expected| check_request("/", &[(header::HOST, host)], expected);
        for local in [
            "localhost",
            "localhost:8008",
            "LocalHost:1",
            "127.0.0.1:8008",
            "127.9.9.9",
            "[::1]:8008",
            "[::ffff:127.0.0.1]",
        ] {
            host(local, Ok(()));
        }
        for foreign in [
            "chat.example.org",
            "localhost.example.org:8008",
            "192.0.2.1:8008",
            "0.0.0.0:8008",
            "127.0.0.1.example.org",
            "localhost@evil.example",
            "evil@localhost",
            "[::2]",
            "",
            "a b",
        ] {
            host(foreign, Err(Foreign::Host));
        }
    }

    #[test]
    fn every_host_counts() {
        check_request("/", &[], Err(Foreign::NoHost));
        check_request("http://localhost:8008/", &[], Ok(()));
        check_request(
            "http://evil.example/",
            &[(header::HOST, "localhost")],
            Err(Foreign::Host),
        );
        check_request(
            "/",
            &[(header::HOST, "localhost"), (header::HOST, "evil.example")],
            Err(Foreign::Host),
        );
    }

    #[test]
    fn an_origin_must_be_this_machine() {
        let origin = |origin: &str, expected| {
            check_request(
                "/",
                &[(header::HOST, "localhost"), (header::ORIGIN, origin)],
                expected,
            );
        };
        for local in [
            "http://localhost:8080",
            "https://127.0.0.1",
            "http://[::1]:5173",
            "vector://vector",
        ] {
            origin(local, Ok(()));
        }
        for foreign in [
            "https://app.element.io",
            "null",
            "",
            "http://localhost.evil.example",
            "http://localhost:8080@evil.example",
            "file://",
            "http://",
            "vector://vector.evil.example",
        ] {
            origin(foreign, Err(Foreign::Origin));
        }
    }

    #[test]
    fn proxies_are_not_for_development() {
        for name in FORWARDED {
            check_request(
                "/",
                &[(header::HOST, "localhost"), (name, "127.0.0.1")],
                Err(Foreign::Forwarded),
            );
        }
    }
}

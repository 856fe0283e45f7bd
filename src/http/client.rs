//! Who asks: the peer itself, or the client for whom a trusted proxy asks. It looks at headers and nothing else.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use polylogue_hub::{Peer, Security};

use crate::config::Network;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// What the peer of a connection is to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A client; what it says of itself counts for nothing.
    Client,
    /// A proxy that the listener trusts.
    Proxy,
    /// A client of a development server, which must be on this machine.
    Local,
}

/// A trusted proxy named no client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("X-Forwarded-For holds something that is not an IP address")]
pub struct NotAnAddress;

/// The client for whom a trusted proxy asks, or the proxy itself if it names nobody.
///
/// The address is the right-most one in `X-Forwarded-For` that is not a trusted proxy's: what stands left of it, the client may have written.
/// The client came over TLS if every word of `X-Forwarded-Proto` is `https`.
///
/// # Errors
/// When something else than an address stands where the client's should.
pub fn behind(
    proxy: &Peer,
    headers: &HeaderMap,
    trusted: &[Network],
) -> Result<Peer, NotAnAddress> {
    let mut client = None;
    for entry in words(headers, FORWARDED_FOR).rev() {
        let address = entry.and_then(address).ok_or(NotAnAddress)?;
        client = Some(address);
        if !trusted.iter().any(|network| network.contains(address)) {
            break;
        }
    }
    let Some(address) = client else {
        return Ok(proxy.clone());
    };
    let mut schemes = words(headers, FORWARDED_PROTO).peekable();
    let https = schemes.peek().is_some()
        && schemes.all(|scheme| scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")));
    Ok(Peer {
        address,
        security: if https {
            Security::Secure
        } else {
            Security::Plain
        },
        certificate: None,
    })
}

/// The comma-separated words of all headers of a name, in order (RFC 9110 section 5.3). Nothing for one that is not ASCII.
fn words<'h>(
    headers: &'h HeaderMap,
    name: &'static str,
) -> impl DoubleEndedIterator<Item = Option<&'h str>> {
    headers.get_all(name).into_iter().flat_map(|value| {
        let text = value.to_str().ok();
        let words: Vec<_> = match text {
            Some(text) => text.split(',').map(|word| Some(word.trim())).collect(),
            None => vec![None],
        };
        words
    })
}

/// An address; some proxies write the client's port behind it.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>();
    let address = bare.or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    /// `expected`: address and security of the client, as the proxy 10.0.0.1 names it over a plain connection.
    fn check(headers: &[(&str, &str)], expected: Result<(&str, Security), NotAnAddress>) {
        let proxy = Peer {
            address: "10.0.0.1".parse().unwrap(),
            security: Security::Plain,
            certificate: None,
        };
        let trusted = [
            "10.0.0.0/8".parse().unwrap(),
            "2001:db8::/32".parse().unwrap(),
        ];
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let found = behind(&proxy, &map, &trusted);
        let found = found.map(|peer| (peer.address, peer.security));
        let expected = expected.map(|(address, security)| (address.parse().unwrap(), security));
        assert_eq!(found, expected, "{headers:?}");
    }

    #[test]
    fn the_right_most_address_that_is_no_proxy_is_the_client() {
        let plain = |address| Ok((address, Security::Plain));
        check(&[("x-forwarded-for", "192.0.2.1")], plain("192.0.2.1"));
        check(
            &[("x-forwarded-for", "192.0.2.1, 10.0.0.2,10.0.0.3")],
            plain("192.0.2.1"),
        );
        // What the client wrote itself stands further left, whatever it is.
        check(
            &[("x-forwarded-for", "10.9.9.9, 198.51.100.1, 192.0.2.1")],
            plain("192.0.2.1"),
        );
        check(
            &[("x-forwarded-for", "<script>, 192.0.2.1, 10.0.0.2")],
            plain("192.0.2.1"),
        );
        check(
            &[
                ("x-forwarded-for", "198.51.100.1"),
                ("x-forwarded-for", "192.0.2.1"),
            ],
            plain("192.0.2.1"),
        );
        check(
            &[("x-forwarded-for", "10.0.0.9, 10.0.0.2")],
            plain("10.0.0.9"),
        );
    }

    #[test]
    fn addresses_come_in_several_forms() {
        let plain = |address| Ok((address, Security::Plain));
        check(&[("x-forwarded-for", "192.0.2.1:5000")], plain("192.0.2.1"));
        check(
            &[("x-forwarded-for", "[2001:db9::1]:5000")],
            plain("2001:db9::1"),
        );
        check(
            &[("x-forwarded-for", "2001:db9::1, 2001:db8::1")],
            plain("2001:db9::1"),
        );
        check(
            &[("x-forwarded-for", "::ffff:192.0.2.1")],
            plain("192.0.2.1"),
        );
        for wrong in [
            "unknown",
            "",
            "192.0.2.1,",
            "192.0.2.256",
            "192.0.2.1 10.0.0.1",
            "\u{e9}",
        ] {
            check(&[("x-forwarded-for", wrong)], Err(NotAnAddress));
        }
    }

    #[test]
    fn only_the_proxy_says_whether_the_client_came_over_tls() {
        let from = |proto| {
            [
                ("x-forwarded-for", "192.0.2.1"),
                ("x-forwarded-proto", proto),
            ]
        };
        check(&from("https"), Ok(("192.0.2.1", Security::Secure)));
        check(&from("HTTPS"), Ok(("192.0.2.1", Security::Secure)));
        check(&from("https, https"), Ok(("192.0.2.1", Security::Secure)));
        check(&from("https, http"), Ok(("192.0.2.1", Security::Plain)));
        check(&from("http, https"), Ok(("192.0.2.1", Security::Plain)));
        check(&from(""), Ok(("192.0.2.1", Security::Plain)));
        // A proxy that names nobody asks for itself, as it came.
        check(
            &[("x-forwarded-proto", "https")],
            Ok(("10.0.0.1", Security::Plain)),
        );
        check(
            &[("forwarded", "for=192.0.2.1")],
            Ok(("10.0.0.1", Security::Plain)),
        );
    }
}

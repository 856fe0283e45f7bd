//! Identifiers as text (Matrix appendix "Identifier grammar"): built from their parts, and taken apart where they are of this server. All rooms
//! and users are this server's own; an id of another server names nothing here.

use ruma::{RoomAliasId, UserId};

/// The localpart of the server's own account: author of what no person did.
pub const SERVER_LOCALPART: &str = "server";

/// `@localpart:server`
#[must_use]
pub fn user_id(localpart: &str, server: &str) -> String {
    format!("@{localpart}:{server}")
}

/// The localpart of a user id of this server.
#[must_use]
pub fn localpart<'a>(user_id: &'a str, server: &str) -> Option<&'a str> {
    let id = <&UserId>::try_from(user_id).ok()?;
    (id.server_name().as_str() == server).then(|| id.localpart())
}

/// `!key:server`
#[must_use]
pub fn room_id(key: &str, server: &str) -> String {
    format!("!{key}:{server}")
}

/// The opaque part of a room id of this server.
#[must_use]
pub fn room_key<'a>(room_id: &'a str, server: &str) -> Option<&'a str> {
    let (key, of) = room_id.strip_prefix('!')?.split_once(':')?;
    (of == server).then_some(key)
}

/// `$key`
#[must_use]
pub fn event_id(key: &str) -> String {
    format!("${key}")
}

/// The opaque part of an event id.
#[must_use]
pub fn event_key(event_id: &str) -> Option<&str> {
    event_id.strip_prefix('$')
}

/// `#name:server`; `channel` has its `#` already.
#[must_use]
pub fn alias(channel: &str, server: &str) -> String {
    format!("{channel}:{server}")
}

/// The part of a room alias of this server before the colon, with its `#`.
#[must_use]
pub fn channel<'a>(alias: &'a str, server: &str) -> Option<&'a str> {
    let id = <&RoomAliasId>::try_from(alias).ok()?;
    if id.server_name().as_str() != server {
        return None;
    }
    alias.split_once(':').map(|(channel, _)| channel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_this_server_come_apart() {
        let check = |got: Option<&str>, want: Option<&str>| assert_eq!(got, want);
        check(
            localpart("@alice:example.org", "example.org"),
            Some("alice"),
        );
        check(
            localpart("@=5bfoo=5d:example.org:8448", "example.org:8448"),
            Some("=5bfoo=5d"),
        );
        check(localpart("@alice:elsewhere", "example.org"), None);
        check(localpart("alice", "example.org"), None);
        check(localpart("@:example.org", "example.org"), Some(""));
        check(room_key("!abc:example.org", "example.org"), Some("abc"));
        check(room_key("!abc:elsewhere", "example.org"), None);
        check(room_key("!abc", "example.org"), None);
        check(room_key("abc:example.org", "example.org"), None);
        check(room_key("!abc:b:c", "example.org"), None);
        check(event_key("$abc"), Some("abc"));
        check(event_key("abc"), None);
        check(
            channel("#garden:example.org", "example.org"),
            Some("#garden"),
        );
        check(channel("#garden:elsewhere", "example.org"), None);
        check(channel("garden:example.org", "example.org"), None);
    }
}

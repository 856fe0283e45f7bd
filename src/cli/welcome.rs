//! What a development server says when it listens: its addresses for programs, and how to connect for people. It reads no configuration.

use std::net::SocketAddr;

use crate::lifecycle::Addresses;
use crate::listen::Protocol;

/// One JSON object, protocol to address. A protocol's second listener is called `irc-2`, and so on.
pub fn addresses(addresses: &Addresses) -> String {
    let mut object = serde_json::Map::new();
    for (protocol, address) in addresses {
        let name = (1_u32..)
            .map(|number| {
                if number == 1 {
                    protocol.name().to_owned()
                } else {
                    format!("{protocol}-{number}")
                }
            })
            .find(|name| !object.contains_key(name));
        object.extend(name.map(|name| (name, address.to_string().into())));
    }
    serde_json::Value::Object(object).to_string()
}

/// How to connect to a development server.
pub fn text(name: &str, addresses: &Addresses) -> String {
    let mut text = format!(
        "Polylogue development server \"{name}\": this machine only, anybody may register, nothing is throttled.\nA nick that is not registered connects as a guest. Stop with Ctrl-C.\n"
    );
    for (protocol, address) in addresses {
        text.push_str(&match protocol {
            Protocol::Irc => irc(*address),
            Protocol::Http => matrix(name, *address),
            Protocol::Native => native(*address),
        });
    }
    text
}

fn irc(address: SocketAddr) -> String {
    let (host, port) = (address.ip(), address.port());
    format!(
        "
irssi:
  irssi -c {host} -p {port} -n alice
  /join #garden
WeeChat:
  weechat -r '/server add polylogue {server} -notls -nicks=alice' -r '/connect polylogue'
  /join #garden
",
        server = match address {
            SocketAddr::V4(_) => format!("{host}/{port}"),
            SocketAddr::V6(_) => format!("[{host}]/{port}"),
        }
    )
}

fn matrix(name: &str, address: SocketAddr) -> String {
    format!(
        "
Element Desktop, or Element Web served from this machine:
  Sign in > Edit (homeserver) > http://{address} > Create account, then join #garden:{name}
nheko:
  Register > Homeserver http://{address} > join #garden:{name}
"
    )
}

fn native(address: SocketAddr) -> String {
    let (host, port) = (address.ip(), address.port());
    let requests = [
        r#"{"type": "hello", "version": 1, "client": "five-lines"}"#,
        r#"{"type": "register", "name": "carol", "password": "correct horse"}"#,
        // Refused if somebody made it before, which does no harm.
        r##"{"type": "create", "alias": "#garden", "visibility": "public"}"##,
        r##"{"type": "join", "room": "#garden"}"##,
        r##"{"type": "say", "room": "#garden", "text": "hello"}"##,
    ]
    .join(", ");
    format!(
        "
A program in Python (the second time, \"login\" instead of \"register\"):
  import json, socket, struct
  s = socket.create_connection((\"{host}\", {port}))
  for m in [{requests}]:
      b = json.dumps(m).encode(); s.sendall(struct.pack(\">I\", len(b)) + b)
  while n := s.recv(4): print(s.recv(struct.unpack(\">I\", n)[0], socket.MSG_WAITALL).decode())
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_one_object() {
        let address = |text: &str| text.parse().unwrap();
        let found = addresses(&vec![
            (Protocol::Irc, address("127.0.0.1:6667")),
            (Protocol::Irc, address("[::1]:6667")),
            (Protocol::Http, address("127.0.0.1:8008")),
            (Protocol::Native, address("127.0.0.1:7450")),
        ]);
        assert_eq!(
            found,
            r#"{"http":"127.0.0.1:8008","irc":"127.0.0.1:6667","irc-2":"[::1]:6667","native":"127.0.0.1:7450"}"#
        );
    }

    #[test]
    fn people_get_the_real_ports() {
        let found = text(
            "localhost",
            &vec![
                (Protocol::Irc, "127.0.0.1:41234".parse().unwrap()),
                (Protocol::Native, "127.0.0.1:41235".parse().unwrap()),
                (Protocol::Http, "127.0.0.1:41236".parse().unwrap()),
            ],
        );
        for expected in [
            "irssi -c 127.0.0.1 -p 41234",
            "127.0.0.1/41234",
            "(\"127.0.0.1\", 41235)",
            "http://127.0.0.1:41236",
            "#garden:localhost",
        ] {
            assert!(found.contains(expected), "{found}");
        }
    }
}

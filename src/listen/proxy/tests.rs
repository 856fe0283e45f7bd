//! Tables and properties of the PROXY protocol header.

use proptest::prelude::*;

use super::*;

/// A header of version 2.
fn second(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [SIGNATURE, &[command, family], &length, body].concat()
}

/// Addresses 192.0.2.1 -> 198.51.100.2, ports 5000 -> 6697, and extensions.
fn ipv4(extensions: &[u8]) -> Vec<u8> {
    [
        &[192, 0, 2, 1, 198, 51, 100, 2, 0x13, 0x88, 0x1a, 0x29],
        extensions,
    ]
    .concat()
}

/// Reads as the listener does, from a stream that goes on after the header. Gives what was understood and what is left for the client's protocol.
fn read(mut stream: &[u8]) -> (Result<Header, NotAHeader>, &[u8]) {
    let mut header = Vec::new();
    loop {
        match missing(&header) {
            Ok(0) => return (parse(&header), stream),
            Ok(more) => match stream.split_at_checked(more) {
                Some((read, left)) => {
                    header.extend_from_slice(read);
                    stream = left;
                }
                None => return (Err(NotAHeader::Malformed), stream),
            },
            Err(error) => return (Err(error), stream),
        }
    }
}

fn check(header: &[u8], expected: Result<Header, NotAHeader>) {
    let stream = [header, b"NICK alice\r\n"].concat();
    let (found, left) = read(&stream);
    assert_eq!(found, expected, "{}", header.escape_ascii());
    if found.is_ok() {
        assert_eq!(left, b"NICK alice\r\n", "{}", header.escape_ascii());
    }
}

fn client(address: &str, tls: bool) -> Result<Header, NotAHeader> {
    Ok(Header::Client {
        address: address.parse().unwrap(),
        tls,
    })
}

#[test]
fn version_1() {
    check(
        b"PROXY TCP4 192.0.2.1 198.51.100.2 5000 6697\r\n",
        client("192.0.2.1", false),
    );
    check(
        b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
        client("255.255.255.255", false),
    );
    check(
        b"PROXY TCP6 2001:db8::1 2001:db8::2 5000 6697\r\n",
        client("2001:db8::1", false),
    );
    let longest = b"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
    assert_eq!(longest.len(), LONGEST_LINE);
    check(longest, Ok(Header::Local));
    check(b"PROXY UNKNOWN\r\n", Ok(Header::Local));
}

#[test]
fn version_1_malformed() {
    for line in [
        "PROXY TCP4 192.0.2.1 198.51.100.2 5000\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 5000 65536\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 5000 06697\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 5000 +6697\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 5000 6697 \r\n",
        "PROXY TCP4  192.0.2.1 198.51.100.2 5000 6697\r\n",
        "PROXY TCP4 2001:db8::1 2001:db8::2 5000 6697\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.2 5000 6697\r\n",
        "PROXY TCP4 192.0.2.256 198.51.100.2 5000 6697\r\n",
        "PROXY UDP4 192.0.2.1 198.51.100.2 5000 6697\r\n",
        "PROXY tcp4 192.0.2.1 198.51.100.2 5000 6697\r\n",
        "PROXY UNKNOWNX\r\n",
        "PROXY TCP4 192.0.2.1\r198.51.100.2 5000 6697\r\n",
    ] {
        check(line.as_bytes(), Err(NotAHeader::Malformed));
    }
    check(
        &[b"PROXY TCP4 ".as_slice(), &[b'1'; 200]].concat(),
        Err(NotAHeader::TooLong),
    );
    check(b"NICK alice\r\nUSER a 0 * :a\r\n", Err(NotAHeader::Foreign));
    check(
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03rest",
        Err(NotAHeader::Foreign),
    );
    check(b"GET / HTTP/1.1\r\n\r\n", Err(NotAHeader::Foreign));
}

#[test]
fn version_2() {
    let tls = [TYPE_SSL, 0, 5, CLIENT_SSL, 0, 0, 0, 0];
    let plain = [TYPE_SSL, 0, 5, 0, 0, 0, 0, 0];
    let unknown = [0xe0, 0, 3, 1, 2, 3];
    let ipv6 = [
        &[0x20, 0x01, 0x0d, 0xb8][..],
        &[0; 11],
        &[1],
        &[0; 16],
        &[0x13, 0x88, 0x1a, 0x29],
    ]
    .concat();
    check(&second(0x21, 0x11, &ipv4(&[])), client("192.0.2.1", false));
    check(&second(0x21, 0x11, &ipv4(&tls)), client("192.0.2.1", true));
    check(
        &second(0x21, 0x11, &ipv4(&plain)),
        client("192.0.2.1", false),
    );
    check(
        &second(0x21, 0x11, &ipv4(&[&unknown[..], &tls].concat())),
        client("192.0.2.1", true),
    );
    check(&second(0x21, 0x21, &ipv6), client("2001:db8::1", false));
    // A health check, with and without addresses; Unix sockets; datagrams; no family.
    check(&second(0x20, 0x00, &[]), Ok(Header::Local));
    check(&second(0x20, 0x11, &ipv4(&[])), Ok(Header::Local));
    check(&second(0x21, 0x31, &[0; 216]), Ok(Header::Local));
    check(&second(0x21, 0x12, &ipv4(&[])), Ok(Header::Local));
    check(&second(0x21, 0x00, &[1, 2, 3]), Ok(Header::Local));
}

#[test]
fn version_2_malformed() {
    check(
        &second(0x21, 0x11, &[192, 0, 2, 1]),
        Err(NotAHeader::Malformed),
    );
    check(
        &second(0x21, 0x11, &ipv4(&[TYPE_SSL, 0, 5, 1])),
        Err(NotAHeader::Malformed),
    );
    check(
        &second(0x21, 0x11, &ipv4(&[TYPE_SSL])),
        Err(NotAHeader::Malformed),
    );
    check(&second(0x22, 0x11, &ipv4(&[])), Err(NotAHeader::Malformed));
    check(&second(0x11, 0x11, &ipv4(&[])), Err(NotAHeader::Foreign));
    check(
        &second(0x21, 0x11, &[0; LONGEST - FIXED + 1]),
        Err(NotAHeader::TooLong),
    );
    check(&second(0x21, 0x11, &[0; 65_535]), Err(NotAHeader::TooLong));
}

#[test]
fn a_tls_extension_without_content_says_nothing() {
    check(
        &second(0x21, 0x11, &ipv4(&[TYPE_SSL, 0, 0])),
        client("192.0.2.1", false),
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic_and_within_bounds(bytes in proptest::collection::vec(any::<u8>(), 0..300), prefix in 0..3_u8) {
        let start: &[u8] = match prefix { 0 => b"", 1 => b"PROXY TCP4 ", _ => SIGNATURE };
        let stream = [start, &bytes].concat();
        let (_, left) = read(&stream);
        prop_assert!(stream.len() - left.len() <= LONGEST);
    }

    #[test]
    fn every_client_address_survives(address in any::<IpAddr>(), destination in any::<IpAddr>(), ports in any::<(u16, u16)>()) {
        let (word, destination) = match (address, destination) {
            (IpAddr::V4(_), IpAddr::V4(_)) => ("TCP4", destination),
            (IpAddr::V4(_), IpAddr::V6(_)) => ("TCP4", IpAddr::V4(Ipv4Addr::LOCALHOST)),
            (IpAddr::V6(_), _) => ("TCP6", IpAddr::V6(Ipv6Addr::LOCALHOST)),
        };
        let line = format!("PROXY {word} {address} {destination} {} {}\r\n", ports.0, ports.1);
        check(line.as_bytes(), Ok(Header::Client { address, tls: false }));
    }

    #[test]
    fn bytes_after_the_header_are_left_alone(after in proptest::collection::vec(any::<u8>(), 0..64)) {
        for header in [b"PROXY UNKNOWN\r\n".to_vec(), second(0x20, 0, &[]), second(0x21, 0x11, &ipv4(&[]))] {
            let stream = [&header[..], &after].concat();
            let (found, left) = read(&stream);
            prop_assert!(found.is_ok());
            prop_assert_eq!(left, &after[..]);
        }
    }
}

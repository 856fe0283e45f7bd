//! The PROXY protocol header, versions 1 and 2 ("The PROXY protocol", haproxy.org, sections 2.1 and 2.2). Bytes in, addresses out; it reads no socket and trusts nobody.
//!
//! The end of a header is found before it is parsed: [`missing`] says how many bytes are still to be read, so that not one byte of the client's is taken.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while1};
use nom::character::complete::char;
use nom::combinator::{all_consuming, map_opt, rest, value};
use nom::multi::many0;
use nom::number::complete::{be_u8, be_u16, be_u32, be_u128};
use nom::{Finish, IResult, Parser};

/// The first bytes of version 2 (section 2.2).
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family and transport, length.
const FIXED: usize = 16;
/// The longest line of version 1, line end included (section 2.1).
const LONGEST_LINE: usize = 107;
/// The shortest line of version 1: `PROXY UNKNOWN` and its end.
const SHORTEST_LINE: usize = 15;
/// The longest header of version 2 that we take. The protocol allows 65,535 bytes; addresses and the usual extensions are below 600.
const LONGEST: usize = 4096;
/// The extension that describes the client's TLS session, and the bit in it that says "the client connected over TLS" (section 2.2.6).
const TYPE_SSL: u8 = 0x20;
const CLIENT_SSL: u8 = 0x01;

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// The connection is the proxy's own (a health check), or of a kind without IP addresses.
    Local,
    /// The connection is made for a client.
    Client {
        /// The client's address.
        address: IpAddr,
        /// Whether the client reached the proxy over TLS; only version 2 can say so.
        tls: bool,
    },
}

/// Why bytes are no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAHeader {
    /// Neither version begins like this.
    #[error("no PROXY protocol header")]
    Foreign,
    /// Longer than is allowed.
    #[error("the PROXY protocol header is too long")]
    TooLong,
    /// The header breaks the grammar.
    #[error("a malformed PROXY protocol header")]
    Malformed,
}

/// How many bytes must be read before it makes sense to ask again; 0 when the header is complete. Never reaches beyond the header.
///
/// # Errors
/// As soon as the bytes cannot become a header.
pub fn missing(bytes: &[u8]) -> Result<usize, NotAHeader> {
    let begins = |with: &[u8]| {
        bytes
            .iter()
            .zip(with)
            .all(|(byte, expected)| byte == expected)
    };
    if begins(SIGNATURE) {
        let [
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            version,
            _,
            high,
            low,
            ..,
        ] = bytes
        else {
            // Both versions are at least this long, so that nothing of the client's is read before the version is known.
            return Ok(if bytes.is_empty() {
                SHORTEST_LINE
            } else {
                FIXED - bytes.len()
            });
        };
        if version >> 4 != 2 {
            return Err(NotAHeader::Foreign);
        }
        let length = FIXED + usize::from(u16::from_be_bytes([*high, *low]));
        if length > LONGEST {
            return Err(NotAHeader::TooLong);
        }
        return Ok(length.saturating_sub(bytes.len()));
    }
    if !begins(b"PROXY ") {
        return Err(NotAHeader::Foreign);
    }
    if bytes.ends_with(b"\r\n") {
        Ok(0)
    } else if bytes.len() >= LONGEST_LINE {
        Err(NotAHeader::TooLong)
    } else {
        Ok(SHORTEST_LINE.saturating_sub(bytes.len()).max(1))
    }
}

/// Parses a header for which [`missing`] gave 0.
///
/// # Errors
/// When it breaks the grammar.
pub fn parse(bytes: &[u8]) -> Result<Header, NotAHeader> {
    all_consuming(alt((version_2, version_1)))
        .parse(bytes)
        .finish()
        .map(|(_, header)| header)
        .map_err(|_| NotAHeader::Malformed)
}

/// `PROXY (TCP4|TCP6) source destination source-port destination-port CRLF`, or `PROXY UNKNOWN ... CRLF` (section 2.1).
fn version_1(input: &[u8]) -> IResult<&[u8], Header> {
    let (input, _) = tag("PROXY ").parse(input)?;
    let (end, line) = take(input.len().saturating_sub(2)).parse(input)?;
    let (input, _) = tag("\r\n").parse(end)?;
    let (_, header) =
        all_consuming(alt((tcp::<Ipv4Addr>, tcp::<Ipv6Addr>, unknown))).parse(line)?;
    Ok((input, header))
}

/// An address family of version 1.
trait Family: std::str::FromStr + Into<IpAddr> {
    const WORD: &str;
}

impl Family for Ipv4Addr {
    const WORD: &str = "TCP4";
}

impl Family for Ipv6Addr {
    const WORD: &str = "TCP6";
}

fn tcp<A: Family>(input: &[u8]) -> IResult<&[u8], Header> {
    let (input, _) = tag(A::WORD).parse(input)?;
    let (input, source) = word::<A>(input)?;
    let (input, _) = word::<A>(input)?;
    let (input, _) = port(input)?;
    let (input, _) = port(input)?;
    Ok((
        input,
        Header::Client {
            address: source.into(),
            tls: false,
        },
    ))
}

/// A space and a word of one type.
fn word<T: std::str::FromStr>(input: &[u8]) -> IResult<&[u8], T> {
    let (input, _) = char(' ').parse(input)?;
    map_opt(
        take_while1(|byte: u8| byte.is_ascii_graphic()),
        |word: &[u8]| std::str::from_utf8(word).ok()?.parse().ok(),
    )
    .parse(input)
}

/// A space and a port: 0 to 65535 in decimal, without sign or leading zeros.
fn port(input: &[u8]) -> IResult<&[u8], u16> {
    let (input, _) = char(' ').parse(input)?;
    let digits = take_while1(|byte: u8| byte.is_ascii_digit());
    map_opt(digits, |digits: &[u8]| {
        std::str::from_utf8(digits)
            .ok()
            .filter(|digits| *digits == "0" || !digits.starts_with('0'))?
            .parse()
            .ok()
    })
    .parse(input)
}

/// `UNKNOWN`, and whatever follows is ignored (section 2.1).
fn unknown(input: &[u8]) -> IResult<&[u8], Header> {
    let (input, _) = tag("UNKNOWN").parse(input)?;
    value(
        Header::Local,
        alt((
            nom::combinator::eof,
            nom::combinator::recognize((char(' '), rest)),
        )),
    )
    .parse(input)
}

/// Signature, version and command, family and transport, length, addresses, extensions (section 2.2).
fn version_2(input: &[u8]) -> IResult<&[u8], Header> {
    let (input, _) = tag(SIGNATURE).parse(input)?;
    let (input, command) = map_opt(be_u8, Command::of).parse(input)?;
    let (input, family) = be_u8(input)?;
    let (input, length) = be_u16(input)?;
    let (input, body) = take(length).parse(input)?;
    let (_, header) = match command {
        Command::Local => value(Header::Local, rest).parse(body)?,
        Command::Proxy => client(family, body)?,
    };
    Ok((input, header))
}

#[derive(Clone, Copy)]
enum Command {
    Local,
    Proxy,
}

impl Command {
    fn of(byte: u8) -> Option<Self> {
        match byte {
            0x20 => Some(Self::Local),
            0x21 => Some(Self::Proxy),
            0x00..=0x1f | 0x22..=0xff => None,
        }
    }
}

/// Source and destination address, both ports, extensions. Kinds without IP addresses are ignored as a whole, as section 2.2 asks.
fn client(family: u8, body: &[u8]) -> IResult<&[u8], Header> {
    let (input, address) = match family {
        0x11 => {
            let (input, (source, _, _, _)) = (be_u32, be_u32, be_u16, be_u16).parse(body)?;
            (input, IpAddr::from(Ipv4Addr::from_bits(source)))
        }
        0x21 => {
            let (input, (source, _, _, _)) = (be_u128, be_u128, be_u16, be_u16).parse(body)?;
            (input, IpAddr::from(Ipv6Addr::from_bits(source)))
        }
        0x00..=0x10 | 0x12..=0x20 | 0x22..=0xff => return value(Header::Local, rest).parse(body),
    };
    let (input, extensions) = all_consuming(many0(extension)).parse(input)?;
    let tls = extensions.iter().any(|(kind, content)| {
        *kind == TYPE_SSL && content.first().is_some_and(|flags| flags & CLIENT_SSL != 0)
    });
    Ok((input, Header::Client { address, tls }))
}

/// Type, length, content (section 2.2, "pp2_tlv").
fn extension(input: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
    let (input, kind) = be_u8(input)?;
    let (input, length) = be_u16(input)?;
    let (input, content) = take(length).parse(input)?;
    Ok((input, (kind, content)))
}

#[cfg(test)]
mod tests;

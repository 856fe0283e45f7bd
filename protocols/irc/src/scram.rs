//! SCRAM (RFC 5802, RFC 7677): what its messages say. The proofs themselves are computed elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Bytes of a client's nonce that are taken at most.
const NONCE: usize = 256;

/// `client-first-message = gs2-header client-first-message-bare` (RFC 5802 section 7)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFirst {
    /// With its comma at the end: the last message has it again.
    pub header: String,
    /// Whom to act as; nothing if it is left out.
    pub authzid: Option<String>,
    /// Whose password it is.
    pub username: String,
    /// The client's nonce.
    pub nonce: String,
    /// All behind the header: part of what is signed.
    pub bare: String,
}

impl ClientFirst {
    /// Reads the message. Nothing if it breaks the grammar, or asks for channel binding, which is not there.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(payload).ok()?;
        // gs2-header = gs2-cbind-flag "," [ authzid ] ","
        let (flag, rest) = text.split_once(',')?;
        let (authzid, bare) = rest.split_once(',')?;
        if !matches!(flag, "n" | "y") {
            return None;
        }
        let authzid = match authzid {
            "" => None,
            named => Some(prepared(&saslname(named.strip_prefix("a=")?)?)?),
        };
        // client-first-message-bare = username "," nonce ["," extensions]; a mandatory extension `m=` is refused by not being `n=`
        let mut parts = bare.split(',');
        let username = prepared(&saslname(parts.next()?.strip_prefix("n=")?)?)?;
        let nonce = parts.next()?.strip_prefix("r=")?;
        let is_printable = nonce.bytes().all(|byte| byte.is_ascii_graphic());
        if username.is_empty() || nonce.is_empty() || nonce.len() > NONCE || !is_printable {
            return None;
        }
        Some(Self {
            header: format!("{flag},{},", rest.split(',').next().unwrap_or_default()),
            authzid,
            username,
            nonce: nonce.to_owned(),
            bare: bare.to_owned(),
        })
    }
}

/// `server-first-message = nonce "," salt "," iteration-count`
#[must_use]
pub fn server_first(nonce: &str, salt: &[u8], iterations: u32) -> String {
    format!("r={nonce},s={},i={iterations}", STANDARD.encode(salt))
}

/// `client-final-message = channel-binding "," nonce ["," extensions] "," proof`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFinal {
    /// The nonce of both sides.
    pub nonce: String,
    /// The client's proof.
    pub proof: Vec<u8>,
    /// All in front of the proof: part of what is signed.
    pub without_proof: String,
}

impl ClientFinal {
    /// Reads the answer to a first message with this header. Nothing if it breaks the grammar, or repeats another header.
    #[must_use]
    pub fn parse(payload: &[u8], header: &str) -> Option<Self> {
        let text = std::str::from_utf8(payload).ok()?;
        let (without_proof, proof) = text.rsplit_once(",p=")?;
        let mut parts = without_proof.split(',');
        let binding = STANDARD.decode(parts.next()?.strip_prefix("c=")?).ok()?;
        let nonce = parts.next()?.strip_prefix("r=")?;
        (binding == header.as_bytes()).then_some(())?;
        Some(Self {
            nonce: nonce.to_owned(),
            proof: STANDARD.decode(proof).ok()?,
            without_proof: without_proof.to_owned(),
        })
    }
}

/// `server-final-message = verifier`
#[must_use]
pub fn server_final(signature: &[u8]) -> String {
    format!("v={}", STANDARD.encode(signature))
}

/// A name as it is compared (RFC 5802 section 5.1: SASLprep, RFC 4013). Nothing if it holds what no name may.
fn prepared(name: &str) -> Option<String> {
    stringprep::saslprep(name).ok().map(Into::into)
}

/// `saslname`: `=2C` is a comma and `=3D` an equals sign; any other `=` breaks the grammar.
fn saslname(text: &str) -> Option<String> {
    let mut parts = text.split('=');
    let mut name = parts.next()?.to_owned();
    for part in parts {
        let (letter, rest) = match part.split_at_checked(2)? {
            ("2C", rest) => (',', rest),
            ("3D", rest) => ('=', rest),
            _ => return None,
        };
        name.push(letter);
        name.push_str(rest);
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_read_is_what_was_written(
            name in "[a-z=2CD,]{0,9}",
            nonce in "[ -~]{0,9}",
            binding in prop::sample::select(vec!["n", "y", "p=x", ""]),
        ) {
            let text = format!("{binding},,n={name},r={nonce}");
            if let Some(first) = ClientFirst::parse(text.as_bytes()) {
                prop_assert_eq!(format!("{}{}", first.header, first.bare), text);
                let said = format!("c={},r={}x,p=YQ==", STANDARD.encode(&first.header), first.nonce);
                let last = ClientFinal::parse(said.as_bytes(), &first.header);
                prop_assert_eq!(last.map(|last| last.nonce), Some(format!("{}x", first.nonce)));
            }
        }

        #[test]
        fn nothing_breaks_the_reader(bytes in any::<Vec<u8>>()) {
            let _ = ClientFirst::parse(&bytes);
            let _ = ClientFinal::parse(&bytes, "n,,");
        }
    }

    #[test]
    fn the_first_message() {
        let check = |text: &str, expected: Option<(&str, Option<&str>, &str, &str)>| {
            let read = ClientFirst::parse(text.as_bytes());
            let parts = read.as_ref().map(|first| {
                (
                    first.header.as_str(),
                    first.authzid.as_deref(),
                    first.username.as_str(),
                    first.nonce.as_str(),
                )
            });
            assert_eq!(parts, expected, "{text}");
        };
        // RFC 7677 section 3.
        let example = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
        check(example, Some(("n,,", None, "user", "rOprNGfwEbeRWgbNEkqO")));
        check(
            "y,a=al=2Cice,n=al=3Dice,r=x,e=y",
            Some(("y,a=al=2Cice,", Some("al,ice"), "al=ice", "x")),
        );
        // RFC 4013 section 3: what looks the same and what does not show.
        check("n,,n=I\u{ad}X,r=x", Some(("n,,", None, "IX", "x")));
        check("n,,n=\u{2168},r=x", Some(("n,,", None, "IX", "x")));
        for wrong in [
            "n,,n=\u{7},r=x",
            "n,,n=\u{627}1,r=x",
            "",
            "n,,",
            "n,,n=user",
            "n,,n=,r=x",
            "n,,n=user,r=",
            "n,,r=x,n=user",
            "n,,m=x,n=user,r=x",
            "n,,n=a=b,r=x",
            "p=tls-unique,,n=user,r=x",
            "n,alice,n=user,r=x",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn the_last_message() {
        // RFC 7677 section 3.
        let text = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        let last = ClientFinal::parse(text.as_bytes(), "n,,").unwrap();
        assert_eq!(
            last.nonce,
            "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
        );
        assert_eq!(last.proof.len(), 32);
        assert!(text.starts_with(&last.without_proof));
        for (wrong, header) in [
            (text, "y,,"),
            ("c=biws,r=x", "n,,"),
            ("r=x,c=biws,p=YQ==", "n,,"),
            ("c=biws,r=x,p=?", "n,,"),
        ] {
            assert_eq!(
                ClientFinal::parse(wrong.as_bytes(), header),
                None,
                "{wrong}"
            );
        }
    }

    #[test]
    fn what_the_server_says() {
        let first = server_first("a%b", b"salt", 4096);
        assert_eq!(first, "r=a%b,s=c2FsdA==,i=4096");
        assert_eq!(server_final(b"x"), "v=eA==");
    }
}

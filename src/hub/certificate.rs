//! TLS certificates of clients as credentials: known by their fingerprint alone, listed and ended like every other device.

use polylogue_core::command::{Actor, NewDevice};
use polylogue_core::secret::TokenHash;
use polylogue_core::{Command, DeviceId, Refusal, UserId};

use crate::open::Hub;
use crate::submit::Request;

/// What the labels of certificates begin with; the fingerprint in hexadecimal follows.
pub const CERTIFICATE: &str = "certificate-";

/// SHA-256 of a certificate (DER).
pub type Fingerprint = [u8; 32];

impl Hub {
    /// Whose certificate it is.
    #[must_use]
    pub fn certificate_owner(&self, fingerprint: &Fingerprint) -> Option<(UserId, DeviceId)> {
        let token = TokenHash::of_certificate(fingerprint);
        self.world().state.device_of(&token)
    }

    /// Makes a certificate a credential of the actor's account. Needs a fresh password proof.
    ///
    /// # Errors
    /// Why not.
    pub async fn add_certificate(
        &self,
        actor: Actor,
        fingerprint: &Fingerprint,
    ) -> Result<(), Refusal> {
        let device = NewDevice {
            label: certificate_label(fingerprint).into(),
            name: Some("TLS certificate".into()),
            token: TokenHash::of_certificate(fingerprint),
        };
        let command = Command::AddCertificate { device };
        self.submit(Request::new(actor, command)).await.map(drop)
    }
}

/// What the device of a certificate is called.
#[must_use]
pub fn certificate_label(fingerprint: &Fingerprint) -> String {
    let digits = fingerprint.iter().map(|byte| format!("{byte:02x}"));
    std::iter::once(CERTIFICATE.to_owned())
        .chain(digits)
        .collect()
}

/// A fingerprint as people write it: 64 hexadecimal digits, with or without colons.
#[must_use]
pub fn parse_fingerprint(text: &str) -> Option<Fingerprint> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect();
    (digits.len() == 64).then(|| bytes.try_into().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_as_people_write_them() {
        let plain = "00ff".repeat(16);
        let spaced = ["00", "FF"].repeat(16).join(":");
        let expected: Fingerprint = std::array::from_fn(|i| if i % 2 == 0 { 0 } else { 0xff });
        assert_eq!(parse_fingerprint(&plain), Some(expected));
        assert_eq!(parse_fingerprint(&spaced), Some(expected));
        assert_eq!(certificate_label(&expected), format!("certificate-{plain}"));
        for wrong in [
            "",
            "00",
            plain.trim_start_matches("00ff"),
            &format!("{plain}00"),
            &plain.replace('f', "g"),
        ] {
            assert_eq!(parse_fingerprint(wrong), None, "{wrong}");
        }
    }
}

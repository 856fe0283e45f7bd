//! `WEBIRC`: IRCv3 webirc. A gateway that the configuration knows says whose connection this is. Its word about the client's host name is not
//! taken: hosts are cloaks here.

use std::net::IpAddr;

use polylogue_core::secret::{Password, PasswordHash};
use polylogue_hub::Security;
use polylogue_irc::Message;

use crate::client::{Client, Next};

/// A gateway whose word is taken.
pub struct Gateway {
    /// The hash of its password.
    pub password: PasswordHash,
    /// Whether it comes from an address.
    pub serves: Box<dyn Fn(IpAddr) -> bool + Send + Sync>,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}

/// `WEBIRC password gateway hostname ip [:options]`, in front of everything else.
pub(crate) async fn run(client: &mut Client, message: &Message) -> Next {
    match take(client, message).await {
        Ok(()) => Next::Continue,
        Err(reason) => {
            tracing::warn!(from = %client.peer.address, reason, "WEBIRC refused");
            client.set_reason(reason);
            Next::Close
        }
    }
}

async fn take(client: &mut Client, message: &Message) -> Result<(), &'static str> {
    if !client.registration.is_untouched() {
        return Err("WEBIRC comes first");
    }
    let (Some(password), Some(_), Some(_), Some(address)) = (
        message.given(0),
        message.given(1),
        message.given(2),
        message.given(3),
    ) else {
        return Err("WEBIRC needs a password, a gateway, a host and an address");
    };
    // IRCv3 webirc: a leading colon would begin the last parameter, so that "::1" may come as "0::1".
    let address: IpAddr = address
        .parse()
        .map_err(|_| "WEBIRC with an address that is none")?;
    let from = client.peer.address;
    let irc = client.irc.clone();
    let gateways = irc.gateways.iter().filter(|one| (one.serves)(from));
    let hashes: Vec<_> = gateways.map(|one| one.password.clone()).collect();
    let given = Password::new(password.to_owned());
    let proven = irc.hub.prove_any(("the gateway", from), &hashes, given);
    if !matches!(proven.await, Ok(true)) {
        return Err("WEBIRC is not for you, or with a wrong password");
    }
    let options = message.param(4).unwrap_or_default();
    let is_secure = options
        .split(' ')
        .any(|option| option.split('=').next() == Some("secure"));
    client.peer.address = address.to_canonical();
    client.peer.certificate = None;
    client.peer.security = security(client.peer.security, is_secure);
    Ok(())
}

/// The whole way is as secure as its weaker half.
fn security(to_us: Security, to_the_gateway: bool) -> Security {
    match to_us {
        Security::Secure if to_the_gateway => Security::Secure,
        Security::Secure | Security::Plain => Security::Plain,
        Security::Development => Security::Development,
    }
}

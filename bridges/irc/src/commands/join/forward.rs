//! The names that a channel has given up lead to it: whoever joins one is told so (ERR_LINKCHANNEL, in common use).

use polylogue_core::name::ChannelName;
use polylogue_irc::Numeric;

use crate::client::{Client, Next};
use crate::names;

/// Whoever goes to a name that a channel has given up is told where he is led. Whether he goes on: not into where he is already.
pub(super) async fn forward(client: &mut Client, given: &str) -> Next {
    let Some(id) = names::room_named(&client.world(), given) else {
        return Next::Continue;
    };
    let Ok(room) = client.irc.hub.room(id).await else {
        return Next::Continue;
    };
    let is_its_own = |name: &ChannelName| name.as_str().eq_ignore_ascii_case(given);
    let is_in = room.state.is_joined(client.user_id());
    let Some(name) = room.state.canonical_name() else {
        return Next::Continue;
    };
    if room.state.names.iter().any(is_its_own) || !room.state.is_shown_to(client.user_id()) {
        return Next::Continue;
    }
    let name = name.as_str();
    if is_in {
        let text = format!("No such channel: it is {name} now");
        client
            .replies
            .text(Numeric::ErrNoSuchChannel, &[given], &text);
        return Next::Close;
    }
    let text = "Forwarding to another channel";
    client
        .replies
        .text(Numeric::ErrLinkChannel, &[given, name], text);
    Next::Continue
}

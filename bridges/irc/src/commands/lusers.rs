//! `LUSERS`: RFC 2812 section 3.4.2.

use polylogue_irc::{Numeric, Trailing};

use crate::client::Client;

/// How many users and channels there are. Hot channels are counted: the others have nobody in them who is here.
pub(crate) fn run(client: &mut Client) {
    let (world, irc) = (client.world(), client.irc.clone());
    let users = world.live.by_user.len();
    let (unregistered, most) = (irc.census.unregistered(), irc.census.most(users));
    let channels = u64::try_from(world.state.rooms.len()).unwrap_or(u64::MAX);
    client.replies.text(
        Numeric::RplLuserClient,
        &[],
        &format!("There are {users} users and 0 invisible on 1 servers"),
    );
    let raised = world.live.by_user.keys();
    let raised = raised.filter(|user| world.live.is_operator(**user)).count();
    let raised = u64::try_from(raised).unwrap_or(u64::MAX);
    let operators = const { Trailing::literal("operator(s) online") };
    client.replies.numeric(Numeric::RplLuserOp, |line| {
        line.number(raised).trailing(&operators)
    });
    let unknown = const { Trailing::literal("unknown connection(s)") };
    let unregistered = u64::try_from(unregistered).unwrap_or(u64::MAX);
    client.replies.numeric(Numeric::RplLuserUnknown, |line| {
        line.number(unregistered).trailing(&unknown)
    });
    let formed = const { Trailing::literal("channels formed") };
    client.replies.numeric(Numeric::RplLuserChannels, |line| {
        line.number(channels).trailing(&formed)
    });
    client.replies.text(
        Numeric::RplLuserMe,
        &[],
        &format!("I have {users} clients and 0 servers"),
    );
    let (count, most) = (users.to_string(), most.to_string());
    client.replies.text(
        Numeric::RplLocalUsers,
        &[&count, &most],
        &format!("Current local users {count}, max {most}"),
    );
    client.replies.text(
        Numeric::RplGlobalUsers,
        &[&count, &most],
        &format!("Current global users {count}, max {most}"),
    );
}

//! `ISUPPORT`: IRCv3 draft/extended-isupport. What this server announces, also before registration is complete.

use bytes::BytesMut;
use polylogue_irc::batch::Reference;
use polylogue_irc::line::add_tag;
use polylogue_irc::{Capability, LineWriter, Middle, Tag, TagKey};

use crate::client::Client;
use crate::reply::part;

/// The lines of RPL_ISUPPORT, in a batch for those who know batches.
pub(crate) fn run(client: &mut Client) {
    let (nick, server) = (client.replies.target(), client.replies.server());
    let mut tokens = BytesMut::new();
    let welcome = &client.irc.renderer.welcome;
    welcome.write_isupport(&nick, &mut tokens);
    let reference = Reference::new("i1").filter(|_| client.capabilities.has(Capability::Batch));
    let Some(reference) = reference else {
        return client.replies.append_lines(&tokens);
    };
    let mut out = BytesMut::new();
    let kind = const { Middle::literal("draft/isupport") };
    let _ = LineWriter::new(&mut out)
        .open_batch(part(&server), reference, kind)
        .end();
    for line in tokens.split_inclusive(|byte| *byte == b'\n') {
        add_tag(line, &Tag::new(TagKey::BATCH, reference.as_str()), &mut out);
    }
    let _ = LineWriter::new(&mut out)
        .close_batch(part(&server), reference)
        .end();
    client.replies.append_lines(&out);
}

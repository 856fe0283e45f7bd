//! `STATUS`: what somebody may do in a channel; everybody may ask it for himself.

use super::{channel, level};
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "STATUS",
    aliases: &[],
    syntax: "<#channel> [nick]",
    about: &["Shows what you may do in a channel, or what somebody else may."],
    standing: Standing::Anybody,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(channel) = channel(&mut call).await else {
        return;
    };
    match call.word() {
        Some(nick) => {
            if let Some(user) = call.account(nick) {
                level::show(&mut call, &channel, (nick, user));
            }
        }
        None => {
            let (me, own) = (call.me(), call.client.replies.target());
            let text = level::written(&channel, (&own, me));
            call.say(&text);
        }
    }
}

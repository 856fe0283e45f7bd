//! `SET`: settings of one's account.

use super::passwd;
use crate::services::{Call, Standing, Verb};

pub(super) const VERB: Verb = Verb {
    name: "SET",
    aliases: &[],
    syntax: "PASSWORD [old password] <new password>",
    about: &[
        "Changes settings of your account.",
        "PASSWORD: as PASSWD does.",
    ],
    standing: Standing::Account,
    run: |call| Box::pin(run(call)),
};

async fn run(mut call: Call<'_>) {
    let Some(what) = call.required() else { return };
    if what.eq_ignore_ascii_case("PASSWORD") {
        passwd::run(call).await;
    } else {
        call.say(&format!("There is no setting {what}"));
    }
}

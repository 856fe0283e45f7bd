//! The history of a private conversation with a guest: what both said while he is here, which is in no log.

use bytes::BytesMut;
use polylogue_core::aside::Aside;
use polylogue_core::live::TransientKind;
use polylogue_core::{Timestamp, UserId};
use polylogue_hub::Relation;
use polylogue_irc::chathistory::{Query, Reference as Place};
use polylogue_irc::{Capability, Middle};

use crate::client::Client;
use crate::render::transient;

/// Whom a request is about, if what was said to him and by him is in no log.
pub(super) fn peer<'q>(client: &Client, query: &'q Query<'_>) -> Option<(UserId, &'q Middle<'q>)> {
    let target = match query {
        Query::Targets { .. } => return None,
        Query::Latest { target, .. }
        | Query::Before { target, .. }
        | Query::After { target, .. }
        | Query::Around { target, .. }
        | Query::Between { target, .. } => target,
    };
    let world = client.world();
    let peer = world.user_named(target.as_str())?;
    let is_kept = world.is_account(peer) && world.is_account(client.user_id());
    (!is_kept).then_some((peer, target))
}

/// The lines that answer a request, each message's apart; nothing if what it refers to is not there.
pub(super) fn lines(
    client: &Client,
    (peer, query): (UserId, &Query<'_>),
    limit: usize,
) -> Option<Vec<BytesMut>> {
    let world = client.world();
    let me = client.user_id();
    let all: Vec<&Aside> = world.live.asides.between(me, peer).collect();
    let chosen = choose(client, (&all, query), limit)?;
    let mut scene = client.scene(&world);
    scene.capabilities = scene.capabilities.with(Capability::EchoMessage);
    let mut lines = Vec::with_capacity(chosen.len());
    for aside in chosen {
        scene.relation = if aside.sender == me {
            Relation::Origin
        } else {
            Relation::Other
        };
        let to = if aside.sender == me { peer } else { me };
        let to = world.name_of(to).map(|name| name.nick().clone());
        let mut out = BytesMut::new();
        if let (Some(by), Some(to)) = (scene.name(aside.sender), to) {
            transient::say(&scene, (&by, &to), (&aside.kind, aside.stamp), &mut out);
        }
        lines.push(out);
    }
    Some(lines)
}

fn choose<'a>(
    client: &Client,
    (all, query): (&[&'a Aside], &Query<'_>),
    limit: usize,
) -> Option<Vec<&'a Aside>> {
    let span = |place: &Place<'_>| span(client, all, place);
    let part = |from: usize, to: usize| all.get(from..to.max(from)).unwrap_or_default();
    let first = |part: &[&'a Aside]| part.iter().take(limit).copied().collect();
    let last = |part: &[&'a Aside]| {
        let skipped = part.len().saturating_sub(limit);
        part.iter().skip(skipped).copied().collect()
    };
    Some(match query {
        Query::Targets { .. } => Vec::new(),
        Query::Latest { after: None, .. } => last(all),
        Query::Latest {
            after: Some(after), ..
        } => last(part(span(after)?.1, all.len())),
        Query::Before { reference, .. } => last(part(0, span(reference)?.0)),
        Query::After { reference, .. } => first(part(span(reference)?.1, all.len())),
        Query::Around { reference, .. } => {
            let from = span(reference)?.0.saturating_sub(limit / 2);
            first(part(from, all.len()))
        }
        Query::Between { from, to, .. } => {
            let (from, to) = (span(from)?, span(to)?);
            if from.0 <= to.0 {
                first(part(from.1, to.0))
            } else {
                last(part(to.1, from.0))
            }
        }
    })
}

/// How many asides are before what a reference means, and how many with it.
fn span(client: &Client, all: &[&Aside], place: &Place<'_>) -> Option<(usize, usize)> {
    match place {
        Place::MessageId(id) => {
            let sealer = &client.irc.renderer.sealer;
            let is_meant = |aside: &&Aside| sealer.passing_id(aside.stamp).as_str() == *id;
            let at = all.iter().position(is_meant)?;
            Some((at, at + 1))
        }
        Place::Timestamp(milliseconds) => {
            let time = Timestamp(*milliseconds);
            let before = all.partition_point(|aside| aside.stamp.at < time);
            let with = all.partition_point(|aside| aside.stamp.at <= time);
            Some((before, with))
        }
    }
}

/// What was said to somebody and by him between two times, both exclusive, each message's lines apart; nothing if there is nobody of that nick.
pub(crate) fn between(client: &Client, nick: &str, (from, to): (u64, u64)) -> Vec<BytesMut> {
    let found = client.world().user_named(nick).zip(Middle::new(nick).ok());
    let Some((peer, target)) = found else {
        return Vec::new();
    };
    let query = Query::Between {
        target,
        from: Place::Timestamp(from),
        to: Place::Timestamp(to),
    };
    lines(client, (peer, &query), usize::MAX).unwrap_or_default()
}

/// With whom there is something in no log, and when something was said last.
pub(crate) fn targets(client: &Client) -> Vec<(u64, String)> {
    let world = client.world();
    let asides = world.live.asides.with(client.user_id());
    asides
        .filter(|(_, aside)| !matches!(aside.kind, TransientKind::Tags))
        .filter_map(|(peer, aside)| {
            let name = world.name_of(peer)?;
            Some((aside.stamp.at.0, name.nick().to_string()))
        })
        .collect()
}

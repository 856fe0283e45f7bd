//! How delivery gets bytes out of a front-end: one rendering per change, dialect and relation, shared by everyone it fits.

use bytes::BytesMut;
use polylogue_core::state::World;
use polylogue_core::{SessionId, Signal, Timestamp, UserId};
use polylogue_store::Record;
use std::sync::Arc;

/// How a session stands to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Of another user.
    Other,
    /// Of the user who caused it, but another session.
    Own,
    /// The session that caused it.
    Origin,
    /// Of the user whom it is about, where that is another than who caused it: the invited, the kicked, the addressed.
    Target,
}

/// What is to be rendered.
#[derive(Debug, Clone, Copy)]
pub struct Rendering<'a> {
    /// The change.
    pub change: Delivered<'a>,
    /// The state right after the batch that it was in.
    pub world: &'a World,
    /// The state right before that batch: for what is gone since.
    pub before: &'a World,
    /// The session's dialect: bits of the front-end's own.
    pub dialect: u64,
    /// How the session stands to it.
    pub relation: Relation,
    /// The label for the echo, for [`Relation::Origin`].
    pub label: Option<&'a Arc<str>>,
    /// What goes with it and is not kept.
    pub tags: &'a [(Arc<str>, Arc<str>)],
    /// For whom, where the rendering is not shared: own sessions, invitations and knocks. Shared ones must not depend on it.
    pub viewer: Viewer,
}

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
}

/// A name that a session watches, and whether the session is told of its user's changes anyhow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched<'a> {
    /// It is: the two share a room.
    Neighbour(&'a str),
    /// It is not.
    Stranger(&'a str),
}

/// A committed change.
#[derive(Debug, Clone, Copy)]
pub enum Delivered<'a> {
    /// A durable one.
    Event(&'a Record),
    /// One that flickers, and when.
    Signal(&'a Signal, Timestamp),
}

/// A front-end's side of delivery.
pub trait Renderer: Send + Sync + std::fmt::Debug {
    /// Appends what a session of this dialect and relation is told of a change; nothing if it is told nothing.
    fn render(&self, what: Rendering<'_>, out: &mut BytesMut);

    /// Appends what a session that watches a name is told of a change about its user, besides what it is told anyhow. Nothing, unless the
    /// front-end can watch names.
    fn watched(&self, _what: Rendering<'_>, _watched: Watched<'_>, _out: &mut BytesMut) {}

    /// Whether changes about a user (renames, away, quits, profiles) interest sessions of this front-end that share a room with him.
    fn follows_neighbours(&self) -> bool;

    /// Whether what somebody says to himself comes to the session that said it as well, besides the echo.
    fn hears_itself(&self) -> bool {
        false
    }

    /// Whether a session that says something in a room that it is not in is told so, as those in it are of what they say.
    fn echoes_outside(&self) -> bool {
        false
    }

    /// Whether what those say whom its user ignores does not come to a session at all. A front-end that reads the state itself leaves it out
    /// there.
    fn keeps_out_the_ignored(&self) -> bool {
        true
    }

    /// What delivery does for sessions of this front-end.
    fn delivery(&self) -> DeliveryKind;
}

/// What delivery does for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryKind {
    /// Renders, and puts the bytes into its outbox.
    Lines,
    /// Wakes its outbox: the session reads the committed view itself (Matrix sync has no outbox at all).
    Wake,
}

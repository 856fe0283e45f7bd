//! A subscription reads the log from where it begins until it has caught up with delivery; so does a connection whose outbox ran over. From
//! then on delivery writes to it by itself. One path for both, so that nothing is missing and nothing comes twice.

use std::time::Duration;

use polylogue_core::Position;
use polylogue_hub::Mode;
use polylogue_native::{Live, Reset, ServerMessage};

use crate::client::Client;
use crate::names;

/// Events read at once.
const PAGE: usize = 256;
/// Bytes beyond which a page is written out before more is put behind it.
const ENOUGH: usize = 256 * 1024;
/// How long to wait before a log that can't be read is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// A subscription.
#[derive(Debug)]
pub(crate) struct Stream {
    /// What the client has yet to be told.
    pub(crate) untold: Untold,
    /// Up to where the log has been read, while it is being read.
    pub(crate) read: Option<Position>,
}

/// What a subscription has to say but once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Untold {
    /// That its beginning is on a lost timeline, and that it has caught up.
    Reset,
    /// That it has caught up.
    Live,
    /// Nothing any more.
    Nothing,
}

impl Client {
    /// Whether delivery has passed the connection by.
    pub(crate) fn must_catch_up(&self) -> bool {
        matches!(self.outbox.mode(), Mode::Behind { .. })
    }

    /// Reads on in the log, one page; live again at its end.
    pub(crate) async fn catch_up(&mut self) {
        let Mode::Behind { cursor, .. } = self.outbox.mode() else {
            return;
        };
        let (Some(stream), Some(session)) = (&self.stream, &self.session) else {
            // Only signals were missed, and those are not kept.
            self.outbox.set_mode(Mode::Live);
            return;
        };
        let from = stream.read.unwrap_or(cursor);
        if stream.untold == Untold::Reset {
            let cursor = names::cursor(self.native.renderer.sealer(), from);
            self.send(None, ServerMessage::Reset(Reset { cursor }));
        }
        let head = self.hub().head();
        let told = self.hub().told(session.user(), (from, head), PAGE).await;
        let Ok((events, complete)) = told else {
            tokio::time::sleep(AGAIN).await;
            self.outbox.wake();
            return;
        };
        let world = self.world();
        // Beyond the last event that is written, a page that is written whole is complete.
        let mut reached = from;
        let mut whole = true;
        for (room, event) in &events {
            if world.is_kept_from(session.user(), (event.sender, &event.change)) {
                reached = event.position;
                continue;
            }
            if self.outbox.waiting() > ENOUGH {
                whole = false;
                break;
            }
            let frame = self.native.renderer.frame(&world, *room, event);
            frame.into_iter().for_each(|frame| self.outbox.push(frame));
            reached = event.position;
        }
        if whole {
            reached = complete;
        }
        self.read_up_to(reached, head);
    }

    fn read_up_to(&mut self, reached: Position, head: Position) {
        let at_the_end = reached == head;
        let untold = self
            .stream
            .as_ref()
            .map_or(Untold::Nothing, |stream| stream.untold);
        if at_the_end && untold != Untold::Nothing {
            // Before anything that delivery brings.
            let cursor = names::cursor(self.native.renderer.sealer(), head);
            self.send(None, ServerMessage::Live(Live { cursor }));
        }
        let live = at_the_end && self.outbox.caught_up(head) == Mode::Live;
        if let Some(stream) = &mut self.stream {
            stream.read = (!live).then_some(reached);
            stream.untold = match stream.untold {
                _ if at_the_end => Untold::Nothing,
                Untold::Reset | Untold::Live => Untold::Live,
                Untold::Nothing => Untold::Nothing,
            };
        }
        if !live {
            self.outbox.wake();
        }
    }
}

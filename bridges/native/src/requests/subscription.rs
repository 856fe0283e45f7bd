//! `subscribe` and `unsubscribe`: where the stream of events begins, and that it ends. What comes of it is in
//! [`subscribe`](crate::subscribe).

use polylogue_core::Position;
use polylogue_hub::Mode;
use polylogue_native::request::stream::Subscribe;
use polylogue_native::{Answer, Error, ErrorCode, StreamStart, Subscribed};

use crate::client::Client;
use crate::names;
use crate::subscribe::{Stream, Untold};

/// Begins a subscription: from here on the log is read, until it has caught up with delivery.
pub(super) async fn begin(client: &mut Client, request: &Subscribe) -> Result<Answer, Error> {
    client.session()?;
    if client.stream.is_some() {
        let message = "this connection is subscribed: unsubscribe first";
        return Err(Error::new(ErrorCode::AlreadySubscribed, message));
    }
    let here = client.hub().head();
    client.outbox.set_mode(Mode::Behind {
        cursor: here,
        missed: here,
    });
    let dialect = client.greeted.unwrap_or_default().subscribed();
    client.outbox.set_dialect(dialect.bits());
    // Behind this, delivery knows of the subscription; what it passed by before is in the log.
    client.settle().await;
    let head = client.hub().head();
    let (from, untold) = match &request.from {
        StreamStart::Now => (head, Untold::Live),
        StreamStart::Start => (Position(0), Untold::Live),
        StreamStart::Cursor(cursor) => match names::open_cursor(client.hub(), cursor) {
            Some(position) => (position, Untold::Live),
            None => (head, Untold::Reset),
        },
    };
    client.stream = Some(Stream {
        untold,
        read: Some(from),
    });
    let cursor = names::cursor(client.native.renderer.sealer(), from);
    Ok(Answer::Subscribed(Subscribed { cursor }))
}

/// Ends the subscription, if there is one.
pub(super) async fn end(client: &mut Client) -> Result<Option<Answer>, Error> {
    client.session()?;
    if client.stream.take().is_some() {
        let dialect = client.greeted.unwrap_or_default();
        client.outbox.set_dialect(dialect.bits());
        // Whatever was on its way comes before the answer.
        client.settle().await;
        client.outbox.set_mode(Mode::Live);
    }
    Ok(None)
}

//! `directory`: the rooms that are listed for everybody.

use polylogue_core::Listing;
use polylogue_native::request::room::Directory;
use polylogue_native::{Answer, Error};

use super::page::Filling;
use super::rooms::page_after;
use crate::client::Client;
use crate::{names, refusal};

/// A page of those that match, in the order in which they were made.
pub(super) async fn list(client: &Client, request: Directory) -> Result<Answer, Error> {
    client.session()?;
    let after = page_after(client, request.page.as_ref())?;
    let words = request.search.map(|search| search.as_str().to_lowercase());
    let world = client.world();
    // Only rooms to which the asker is or was something are read.
    let own = client.hub().rooms_of(client.session()?.user()).await;
    let own = own.map_err(|refusal| refusal::error(&refusal))?;
    let (_, beyond) = world.state.directory.split(&after);
    let mut filling = Filling::new(request.limit.get());
    let mut last = after;
    for (id, listing) in &beyond {
        if !words.as_ref().is_none_or(|words| matches(listing, words)) {
            continue;
        }
        let shown = if own.binary_search(id).is_ok() {
            client.shown_now(*id).await?
        } else {
            client.listed(listing)
        };
        if filling.add(shown).is_err() {
            let next = names::page_after(client.native.renderer.sealer(), last);
            return Ok(Answer::Rooms(filling.page(Some(next))));
        }
        last = *id;
    }
    Ok(Answer::Rooms(filling.page(None)))
}

/// Whether a room has the words, in lower case, in alias, name or topic.
fn matches(room: &Listing, words: &str) -> bool {
    let alias = room.canonical_name().filter(|name| name.is_published());
    let alias = alias.map(|name| name.as_str());
    let topic = room.topic.as_ref().map(|topic| &*topic.text);
    [alias, room.name.as_deref(), topic]
        .into_iter()
        .flatten()
        .any(|text| text.to_lowercase().contains(words))
}

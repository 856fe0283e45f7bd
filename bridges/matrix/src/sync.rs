//! What changed since a token.
//!
//! - `marks`, `news`: delivery leaves a mark of a few bytes for each change that concerns a session; they add up to a set of what is new.
//! - `watch`: the sessions of the devices that sync.
//! - `source`: everything that changed for a user since a position, without the shape of any one version of sync.
//! - `v3`: `GET /sync` over it. `scene`: its reply; `room`, `window`, `state`, `unread`, `ephemeral`: the parts of one room.
//! - `devices`: whose keys changed, and what waits for the device.
//!
//! A wake costs what changed: a device that is here finds the changed rooms in its set, and nothing is read of the others. One that was away
//! compares all its rooms with its token.

mod devices;
mod ephemeral;
mod marks;
mod news;
mod room;
mod scene;
mod source;
mod state;
mod unread;
pub(crate) mod v3;
pub(crate) mod watch;
mod window;

pub(crate) use devices::DeviceLists;
pub(crate) use watch::{SetPresence, Shown, Watches};

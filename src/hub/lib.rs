//! The asynchronous shell around core and store, and all that front-ends see of either. Four stages in one direction: the hub thread decides,
//! the journal thread commits, the publisher makes visible, the lanes deliver. Nothing is visible before its commit returned.
//!
//! It speaks no protocol: front-ends bring a [`Renderer`] for their dialects and read the committed [`View`].

pub mod batch;
pub mod engine;
pub mod frontend;
pub mod lane;
pub mod outbox;
pub mod publish;
pub mod render;

mod account;
mod attempts;
mod bell;
mod budget;
mod certificate;
mod config;
mod documents;
mod history;
mod inbox;
mod journal;
mod keys;
mod latch;
mod later;
mod login_token;
mod open;
mod operator;
mod password;
mod readers;
mod registration;
mod related;
mod scram;
mod search;
mod session;
mod setting;
mod stages;
mod stream;
mod submit;
mod ticket;
mod watch;

pub use account::Login;
pub use batch::{EventPlace, Receipt, Tags};
pub use certificate::{CERTIFICATE, Fingerprint, certificate_label, parse_fingerprint};
pub use config::{Config, Limits};
pub use documents::AccountData;
pub use frontend::{Frontend, Peer, Security, Stream};
pub use history::{Page, VisibleEvent};
pub use later::{Later, Waiting};
pub use login_token::LOGIN_TOKEN_AGE;
pub use open::{Hub, OpenError, Sealer};
pub use operator::{Operator, hash_password, is_password_hash};
pub use outbox::{Heard, Mode, Outbox};
pub use polylogue_store::{Direction, Record, RelationKind, StateKey};
pub use publish::View;
pub use registration::{Applicant, Asker, Registration, RegistrationTokens, is_registration_token};
pub use related::{Related, Thread};
pub use render::{Delivered, DeliveryKind, Relation, Renderer, Rendering, Viewer, Watched};
pub use scram::Challenge;
pub use search::Matches;
pub use session::{Connecting, Session};
pub use setting::Setting;
pub use submit::Request;
pub use watch::LIMIT as WATCHED_NAMES;

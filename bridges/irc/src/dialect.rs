//! Which capabilities change the bytes of delivered lines. Sessions that agree on these share every rendering.

use polylogue_irc::{Capability, CapabilitySet};

/// What this server offers. A capability is listed only if everything that it promises is there.
pub(crate) const OFFERED: CapabilitySet = CapabilitySet::of(&[
    Capability::Sasl,
    Capability::ServerTime,
    Capability::MessageTags,
    Capability::CapNotify,
    Capability::MultiPrefix,
    Capability::AwayNotify,
    Capability::ExtendedJoin,
    Capability::Chghost,
    Capability::AccountNotify,
    Capability::InviteNotify,
    Capability::EchoMessage,
    Capability::UserhostInNames,
    Capability::AccountTag,
    Capability::Batch,
    Capability::Setname,
    Capability::LabeledResponse,
    Capability::StandardReplies,
    Capability::AccountRegistration,
    Capability::ExtendedMonitor,
    Capability::NoImplicitNames,
    Capability::Chathistory,
    Capability::EventPlayback,
    Capability::MessageRedaction,
    Capability::ReadMarker,
    Capability::SelfMessage,
]);

/// Those of them that delivery looks at.
const RENDERED: CapabilitySet = CapabilitySet::of(&[
    Capability::ServerTime,
    Capability::MessageTags,
    Capability::MultiPrefix,
    Capability::AwayNotify,
    Capability::ExtendedJoin,
    Capability::InviteNotify,
    Capability::EchoMessage,
    Capability::UserhostInNames,
    Capability::AccountTag,
    Capability::Setname,
    Capability::LabeledResponse,
    Capability::ExtendedMonitor,
    Capability::NoImplicitNames,
    Capability::MessageRedaction,
    Capability::ReadMarker,
    Capability::SelfMessage,
]);

/// The dialect of a session with these capabilities.
pub(crate) fn of(capabilities: CapabilitySet) -> u64 {
    capabilities.intersection(RENDERED).bits()
}

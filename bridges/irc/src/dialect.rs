//! Which capabilities change the bytes of delivered lines. Sessions that agree on these share every rendering.

use polylogue_irc::metadata::Subscriptions;
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
    Capability::OperTag,
    Capability::LabeledResponse,
    Capability::StandardReplies,
    Capability::AccountRegistration,
    Capability::ExtendedMonitor,
    Capability::NoImplicitNames,
    Capability::Chathistory,
    Capability::EventPlayback,
    Capability::Multiline,
    Capability::Metadata2,
    Capability::Metadata3,
    Capability::MessageRedaction,
    Capability::ReadMarker,
    Capability::SelfMessage,
    Capability::PreAway,
    Capability::ChannelRename,
    Capability::ExtendedIsupport,
    Capability::Search,
    Capability::Playback,
]);

/// Those of them that delivery looks at.
const RENDERED: CapabilitySet = CapabilitySet::of(&[
    Capability::ServerTime,
    Capability::MessageTags,
    Capability::MultiPrefix,
    Capability::AwayNotify,
    Capability::AccountNotify,
    Capability::ExtendedJoin,
    Capability::InviteNotify,
    Capability::EchoMessage,
    Capability::UserhostInNames,
    Capability::AccountTag,
    Capability::Setname,
    Capability::OperTag,
    Capability::LabeledResponse,
    Capability::ExtendedMonitor,
    Capability::NoImplicitNames,
    Capability::Batch,
    Capability::Multiline,
    Capability::Metadata2,
    Capability::Metadata3,
    Capability::MessageRedaction,
    Capability::ReadMarker,
    Capability::SelfMessage,
    Capability::ChannelRename,
]);

/// Where the subscriptions are in a dialect: capabilities leave eight bits.
const SUBSCRIPTIONS: u32 = 56;

/// The dialect of a session with these capabilities and subscriptions.
pub(crate) fn of(capabilities: CapabilitySet, subscribed: Subscriptions) -> u64 {
    let knows = capabilities.has(Capability::Metadata2) || capabilities.has(Capability::Metadata3);
    let subscribed = if knows { subscribed.bits() } else { 0 };
    capabilities.intersection(RENDERED).bits() | u64::from(subscribed) << SUBSCRIPTIONS
}

/// The subscriptions of a dialect.
pub(crate) fn subscriptions(dialect: u64) -> Subscriptions {
    Subscriptions::from_bits(u8::try_from(dialect >> SUBSCRIPTIONS).unwrap_or_default())
}

//! Reading what an account has here for end-to-end encryption, and what waits for its devices.

use std::collections::BTreeMap;
use std::sync::Arc;

use polylogue_core::keys::{DeviceKeys, ToDeviceMessage};
use polylogue_core::{DeviceId, Position, Refusal, UserId};

use crate::open::Hub;

impl Hub {
    /// How many one-time keys of each algorithm a device has left.
    #[must_use]
    pub fn one_time_key_counts(&self, user: UserId, device: DeviceId) -> BTreeMap<Arc<str>, u64> {
        self.device_keys(user, device, DeviceKeys::counts)
    }

    /// The algorithms of which a device has a fallback key that was never handed out.
    #[must_use]
    pub fn unused_fallback_types(&self, user: UserId, device: DeviceId) -> Vec<Arc<str>> {
        self.device_keys(user, device, DeviceKeys::unused_fallback)
    }

    /// The oldest messages after a position that wait for a device, at most `limit`, oldest first. They wait until they are acknowledged.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if the store can't be read now.
    pub async fn to_device(
        &self,
        device: DeviceId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, ToDeviceMessage)>, Refusal> {
        self.readers
            .run(move |reader| reader.to_device(device, after, limit))
            .await
    }

    fn device_keys<R: Default>(
        &self,
        user: UserId,
        device: DeviceId,
        read: impl FnOnce(&DeviceKeys) -> R,
    ) -> R {
        let world = self.world();
        let keys = world
            .state
            .user(user)
            .and_then(|user| user.keys.devices.get(&device));
        keys.map(read).unwrap_or_default()
    }
}

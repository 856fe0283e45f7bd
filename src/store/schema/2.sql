-- The host that others see of a guest: who comes back under the same nick from the same host is the same guest.
ALTER TABLE user ADD COLUMN host TEXT;

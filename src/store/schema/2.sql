-- When an account's profile changed last: whoever was away learns of it.
ALTER TABLE user ADD COLUMN profile_changed INTEGER NOT NULL DEFAULT 0;

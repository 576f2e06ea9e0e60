-- What the WebSocket needs to know: the id of an account's owner, asked for once, and addresses of host names, for
-- hosts that look no names up.
ALTER TABLE tokens ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
-- statement
CREATE TABLE resolved_names (
  name      TEXT PRIMARY KEY,
  addresses TEXT NOT NULL,               -- JSON array of IP addresses
  until     INTEGER NOT NULL
) WITHOUT ROWID;
-- statement
-- A chat that ended, with what it found out: `user_ids` is a JSON array of [token id, user id], `names` one of
-- [name, addresses, until].
CREATE VIEW finished_chats AS SELECT f.*, '[]' AS user_ids, '[]' AS names FROM finished_requests f WHERE 0;
-- statement
CREATE TRIGGER finished_chats_apply INSTEAD OF INSERT ON finished_chats BEGIN
  INSERT INTO finished_requests (request_id, ip, key_id, key_name, model, stream, status, error_code, error,
      duration_ms, first_byte_ms, attempts, prompt_tokens, completion_tokens, hour, counted_model, duration_bucket,
      first_byte_bucket, token_suffix, token_id, at, limit_name, bucket, spent, drained, window_until, cool_until,
      skip, strike, reason)
  VALUES (NEW.request_id, NEW.ip, NEW.key_id, NEW.key_name, NEW.model, NEW.stream, NEW.status, NEW.error_code,
      NEW.error, NEW.duration_ms, NEW.first_byte_ms, NEW.attempts, NEW.prompt_tokens, NEW.completion_tokens,
      NEW.hour, NEW.counted_model, NEW.duration_bucket, NEW.first_byte_bucket, NEW.token_suffix, NEW.token_id,
      NEW.at, NEW.limit_name, NEW.bucket, NEW.spent, NEW.drained, NEW.window_until, NEW.cool_until, NEW.skip,
      NEW.strike, NEW.reason);
  UPDATE tokens SET user_id = learned.value ->> 1 FROM json_each(NEW.user_ids) AS learned
   WHERE tokens.id = learned.value ->> 0;
  INSERT INTO resolved_names (name, addresses, until)
  SELECT value ->> 0, value -> 1, value ->> 2 FROM json_each(NEW.names) WHERE true
  ON CONFLICT (name) DO UPDATE SET addresses = excluded.addresses, until = excluded.until;
END;

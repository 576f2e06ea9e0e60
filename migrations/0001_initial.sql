-- The first schema. Times are Unix milliseconds, ids and times stay below 2^53 (D1's integers cross
-- JavaScript as doubles). Statements are parted by lines `-- statement`: each host takes one at a time.

-- Only values that differ from the defaults are kept, one JSON object a section (global, grok). The section
-- `password` is the hash of the console's password.
CREATE TABLE settings (
  section TEXT PRIMARY KEY,
  value   TEXT NOT NULL
) WITHOUT ROWID;
-- statement
-- A Grok account, known by its web session token.
CREATE TABLE tokens (
  id                  INTEGER PRIMARY KEY AUTOINCREMENT,
  hash                TEXT NOT NULL UNIQUE,        -- SHA-256 of the token, hex
  sealed              TEXT NOT NULL,               -- `v1.…` sealed, or in clear while there is no key
  suffix              TEXT NOT NULL,               -- the token's last six characters
  token_type          TEXT NOT NULL CHECK (token_type IN ('sso', 'ssoSuper')),
  state               TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled', 'expired')),
  -- The rotation. `turn` counts reservations over the whole pool: who was served longest ago has the lowest.
  turn                INTEGER NOT NULL DEFAULT 0,
  -- What bars it, as `[grok-3][normal<4]`: rate-limit names that cool, costs its quota cannot pay; and when
  -- the first of these bars ends. They sort the rotation, so that barred tokens are not waded through; whether a
  -- token is usable is always asked of the facts. Only the trigger of `token_bars` writes them.
  bars                TEXT NOT NULL DEFAULT '',
  bars_until          INTEGER,
  -- Passed over, while others are usable, until the pool's turn has come this far.
  skip_until          INTEGER NOT NULL DEFAULT 0,
  strikes             INTEGER NOT NULL DEFAULT 0,  -- dead-account markers since the last success
  -- Quota: NULL is unknown, and a number is unknown too once its window has ended.
  normal_remaining    INTEGER,
  normal_until        INTEGER,
  heavy_remaining     INTEGER,
  heavy_until         INTEGER,
  last_used_at        INTEGER,
  last_failure_at     INTEGER,
  last_failure_reason TEXT NOT NULL DEFAULT '',
  tags                TEXT NOT NULL DEFAULT '[]',  -- JSON array of strings
  note                TEXT NOT NULL DEFAULT '',
  created_at          INTEGER NOT NULL
);
-- statement
CREATE INDEX tokens_turn ON tokens (turn);
-- statement
CREATE INDEX tokens_rotation ON tokens (token_type, bars, turn) WHERE state = 'active';
-- statement
CREATE INDEX tokens_due ON tokens (token_type, bars_until)
 WHERE state = 'active' AND bars_until IS NOT NULL;
-- statement
-- A token that answered 429 rests for the rate-limit model name it was asked for, not for the others.
CREATE TABLE token_cooldowns (
  token_id INTEGER NOT NULL,
  name     TEXT NOT NULL,
  bucket   TEXT NOT NULL,                -- the quota that models of this name spend
  until    INTEGER NOT NULL,
  PRIMARY KEY (token_id, name)
) WITHOUT ROWID;
-- statement
CREATE TRIGGER tokens_deleted AFTER DELETE ON tokens BEGIN
  DELETE FROM token_cooldowns WHERE token_id = OLD.id;
END;
-- statement
-- The setting `api_key` is the row with id 0, so that one look-up by hash answers for every key.
CREATE TABLE api_keys (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  hash       TEXT NOT NULL UNIQUE,       -- SHA-256 of the key, hex
  sealed     TEXT,                       -- NULL while there is no encryption key: shown once, then never
  display    TEXT NOT NULL,              -- `sk-9zS...9aTZ`
  name       TEXT NOT NULL,
  is_active  INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL
);
-- statement
CREATE TABLE admin_sessions (
  hash       TEXT PRIMARY KEY,           -- SHA-256 of the session token, hex
  proof      TEXT NOT NULL,              -- SHA-256 of the token and what names the password it was opened with
  address    TEXT NOT NULL,              -- where its sign-in was counted
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
-- statement
-- Wrong passwords by address within a window; the address '' counts them all.
CREATE TABLE login_attempts (
  address      TEXT PRIMARY KEY,
  window_start INTEGER NOT NULL,
  failures     INTEGER NOT NULL
) WITHOUT ROWID;
-- statement
CREATE TRIGGER login_attempts_window AFTER UPDATE OF window_start ON login_attempts
  WHEN NEW.address = '' AND NEW.window_start > OLD.window_start
BEGIN
  DELETE FROM login_attempts WHERE address <> '' AND window_start <= OLD.window_start;
END;
-- statement
CREATE TRIGGER admin_sessions_opened AFTER INSERT ON admin_sessions BEGIN
  DELETE FROM admin_sessions WHERE expires_at <= NEW.created_at;
  DELETE FROM login_attempts WHERE address = NEW.address;
END;
-- statement
-- A change of settings is inserted into this view and applied as a whole. The patches are JSON merge patches
-- (null removes a value); `key_change` is 1 when `api_key` is set or, with a NULL hash, cleared.
CREATE VIEW settings_changes AS
SELECT '{}' AS global_patch, '{}' AS grok_patch, '' AS password, 0 AS key_change, '' AS key_hash,
       '' AS key_sealed, '' AS key_display, 0 AS at
 WHERE 0;
-- statement
CREATE TRIGGER settings_changes_apply INSTEAD OF INSERT ON settings_changes BEGIN
  INSERT INTO settings (section, value)
  SELECT 'global', json_patch('{}', NEW.global_patch) WHERE NEW.global_patch <> '{}'
  ON CONFLICT (section) DO UPDATE SET value = json_patch(value, NEW.global_patch);
  INSERT INTO settings (section, value)
  SELECT 'grok', json_patch('{}', NEW.grok_patch) WHERE NEW.grok_patch <> '{}'
  ON CONFLICT (section) DO UPDATE SET value = json_patch(value, NEW.grok_patch);
  INSERT INTO settings (section, value)
  SELECT 'password', NEW.password WHERE NEW.password IS NOT NULL
  ON CONFLICT (section) DO UPDATE SET value = excluded.value;
  DELETE FROM api_keys WHERE id = 0 AND NEW.key_change;
  INSERT INTO api_keys (id, hash, sealed, display, name, created_at)
  SELECT 0, NEW.key_hash, NEW.key_sealed, NEW.key_display, 'api_key', NEW.at WHERE NEW.key_hash IS NOT NULL;
END;
-- statement
-- One row a chat with a valid key. The id tells the time (milliseconds * 2048 + a counter), so that
-- "newest first" and time ranges need no second index.
CREATE TABLE request_logs (
  id                INTEGER PRIMARY KEY,
  request_id        TEXT NOT NULL,
  ip                TEXT NOT NULL,
  key_id            INTEGER NOT NULL,
  key_name          TEXT NOT NULL,
  model             TEXT NOT NULL,
  stream            INTEGER NOT NULL,
  status            INTEGER NOT NULL,
  error_code        TEXT NOT NULL,       -- '' for a success
  error             TEXT NOT NULL,
  duration_ms       INTEGER NOT NULL,
  first_byte_ms     INTEGER,             -- until the first token of the answer; NULL when there was none
  attempts          INTEGER NOT NULL,
  token_id          INTEGER,             -- NULL when no token was reserved
  token_suffix      TEXT NOT NULL,
  prompt_tokens     INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL
);
-- statement
-- Failures alone have an index: they are few and asked for most. An index over all rows would cost each chat a
-- written row, which is dearer than the rows read by the few searches for a model or a key.
CREATE INDEX request_logs_failed ON request_logs (id, status) WHERE status >= 400;
-- statement
-- Counters by local hour, so that charts outlive the log; in days that lie further back, by local day in the
-- row of its first hour.
CREATE TABLE request_stats (
  hour              INTEGER NOT NULL,    -- local time in hours since 1970
  model             TEXT NOT NULL,       -- '' for one that does not exist
  key_id            INTEGER NOT NULL,
  error_code        TEXT NOT NULL,       -- '' for successes
  requests          INTEGER NOT NULL,
  duration_ms       INTEGER NOT NULL,    -- sum
  first_byte_ms     INTEGER NOT NULL,    -- sum over those that had a first byte
  first_bytes       INTEGER NOT NULL,    -- how many those are
  prompt_tokens     INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  duration_buckets   TEXT NOT NULL,      -- histograms of the successes, `{"bucket": count}`
  first_byte_buckets TEXT NOT NULL,
  PRIMARY KEY (hour, model, key_id, error_code)
) WITHOUT ROWID;
-- statement
-- A row inserted into this view works out anew what bars a token at a time. Costs are 1 and 4 of the normal
-- quota and 1 of the heavy one. A cool-down that ends while the quota is spent ends nothing: the window's end
-- counts.
CREATE VIEW token_bars AS SELECT 0 AS token_id, 0 AS at WHERE 0;
-- statement
CREATE TRIGGER token_bars_apply INSTEAD OF INSERT ON token_bars BEGIN
  UPDATE tokens SET bars = b.bars, bars_until = b.ends
    FROM (SELECT coalesce(group_concat(bar, ''), '') AS bars, min(ends) AS ends
            FROM (SELECT '[' || c.name || ']' AS bar,
                         max(c.until, CASE c.bucket
                           WHEN 'normal' THEN iif(t.normal_remaining < 1, coalesce(t.normal_until, 0), 0)
                           ELSE iif(t.heavy_remaining < 1, coalesce(t.heavy_until, 0), 0) END) AS ends
                    FROM token_cooldowns c JOIN tokens t ON t.id = c.token_id
                   WHERE c.token_id = NEW.token_id AND c.until > NEW.at
                  UNION ALL
                  SELECT iif(normal_remaining < 1, '[normal<1][normal<4]', '[normal<4]'), normal_until FROM tokens
                   WHERE id = NEW.token_id AND normal_remaining < 4 AND normal_until > NEW.at
                  UNION ALL
                  SELECT '[heavy<1]', heavy_until FROM tokens
                   WHERE id = NEW.token_id AND heavy_remaining < 1 AND heavy_until > NEW.at
                   ORDER BY 1)) AS b
   WHERE tokens.id = NEW.token_id AND (tokens.bars <> b.bars OR tokens.bars_until IS NOT b.ends);
END;
-- statement
-- A token that is served after a bar has ended goes back to where it belongs.
CREATE TRIGGER tokens_reserved AFTER UPDATE OF turn ON tokens WHEN OLD.bars_until <= NEW.last_used_at BEGIN
  INSERT INTO token_bars (token_id, at) VALUES (NEW.id, NEW.last_used_at);
END;
-- statement
-- What an attempt did to a token is inserted into this view; the trigger on it is the only place that
-- changes a token for it. `limit_name` is the rate-limit model name, `bucket` normal or heavy; `spent` is
-- taken from the quota; `drained` sets it to 0 until its window ends, `window_until` when that is not known;
-- `cool_until` and `skip` (a number of reservations) are 0 for none; `strike` is added (the second expires the
-- token), -1 clears.
CREATE VIEW token_outcomes AS
SELECT 0 AS token_id, 0 AS at, '' AS limit_name, '' AS bucket, 0 AS spent, 0 AS drained, 0 AS window_until,
       0 AS cool_until, 0 AS skip, 0 AS strike, '' AS reason
 WHERE 0;
-- statement
CREATE TRIGGER token_outcomes_apply INSTEAD OF INSERT ON token_outcomes BEGIN
  INSERT INTO token_cooldowns (token_id, name, bucket, until)
  SELECT NEW.token_id, NEW.limit_name, NEW.bucket, NEW.cool_until
   WHERE NEW.cool_until > 0 AND EXISTS (SELECT 1 FROM tokens WHERE id = NEW.token_id)
  ON CONFLICT (token_id, name) DO UPDATE SET until = max(until, excluded.until);
  UPDATE tokens SET
    normal_remaining = CASE
      WHEN NEW.bucket <> 'normal' THEN normal_remaining
      WHEN NEW.drained THEN 0
      ELSE max(0, normal_remaining - NEW.spent) END,
    normal_until = CASE
      WHEN NEW.bucket = 'normal' AND NEW.drained AND coalesce(normal_until, 0) <= NEW.at THEN NEW.window_until
      ELSE normal_until END,
    heavy_remaining = CASE
      WHEN NEW.bucket <> 'heavy' THEN heavy_remaining
      WHEN NEW.drained THEN 0
      ELSE max(0, heavy_remaining - NEW.spent) END,
    heavy_until = CASE
      WHEN NEW.bucket = 'heavy' AND NEW.drained AND coalesce(heavy_until, 0) <= NEW.at THEN NEW.window_until
      ELSE heavy_until END,
    skip_until = CASE
      WHEN NEW.skip > 0 THEN (SELECT max(turn) FROM tokens) + NEW.skip
      ELSE skip_until END,
    strikes = CASE WHEN NEW.strike < 0 THEN 0 ELSE strikes + NEW.strike END,
    last_failure_at = CASE WHEN NEW.reason <> '' THEN NEW.at ELSE last_failure_at END,
    last_failure_reason = CASE WHEN NEW.reason <> '' THEN NEW.reason ELSE last_failure_reason END
  WHERE id = NEW.token_id;
  -- Apart, so that a chat that succeeds does not rewrite the indexes that depend on the state.
  UPDATE tokens SET state = 'expired' WHERE id = NEW.token_id AND strikes >= 2 AND state = 'active';
  INSERT INTO token_bars (token_id, at) VALUES (NEW.token_id, NEW.at);
END;
-- statement
-- What a rate-limits call told of a token; NULL is not told, and leaves what was known. An answer proves the
-- session good.
CREATE VIEW token_quotas AS
SELECT 0 AS token_id, 0 AS at, 0 AS normal_remaining, 0 AS normal_until, 0 AS heavy_remaining, 0 AS heavy_until
 WHERE 0;
-- statement
CREATE TRIGGER token_quotas_apply INSTEAD OF INSERT ON token_quotas BEGIN
  UPDATE tokens SET
    normal_remaining = coalesce(NEW.normal_remaining, normal_remaining),
    normal_until = CASE WHEN NEW.normal_remaining IS NULL THEN normal_until ELSE NEW.normal_until END,
    heavy_remaining = coalesce(NEW.heavy_remaining, heavy_remaining),
    heavy_until = CASE WHEN NEW.heavy_remaining IS NULL THEN heavy_until ELSE NEW.heavy_until END,
    state = CASE state WHEN 'expired' THEN 'active' ELSE state END,
    strikes = 0,
    skip_until = 0
  WHERE id = NEW.token_id;
  INSERT INTO token_bars (token_id, at) VALUES (NEW.token_id, NEW.at);
END;
-- statement
-- A chat that ended: its log row, the counters and the token's new state in one statement. The buckets are
-- those of its times, as text; NULL counts nothing.
CREATE VIEW finished_requests AS
SELECT r.*, 0 AS at, 0 AS hour, '' AS counted_model, '' AS duration_bucket, '' AS first_byte_bucket, '' AS limit_name, '' AS bucket, 0 AS spent, 0 AS drained, 0 AS window_until,
       0 AS cool_until, 0 AS skip, 0 AS strike, '' AS reason
  FROM request_logs r
 WHERE 0;
-- statement
CREATE TRIGGER finished_requests_apply INSTEAD OF INSERT ON finished_requests BEGIN
  INSERT INTO request_logs (id, request_id, ip, key_id, key_name, model, stream, status, error_code, error,
      duration_ms, first_byte_ms, attempts, token_id, token_suffix, prompt_tokens, completion_tokens)
  VALUES (max(coalesce((SELECT max(id) FROM request_logs), 0) + 1, NEW.at * 2048), NEW.request_id, NEW.ip,
      NEW.key_id, NEW.key_name, NEW.model, NEW.stream, NEW.status, NEW.error_code, NEW.error, NEW.duration_ms,
      NEW.first_byte_ms, NEW.attempts, NEW.token_id, NEW.token_suffix, NEW.prompt_tokens, NEW.completion_tokens);
  INSERT INTO request_stats (hour, model, key_id, error_code, requests, duration_ms, first_byte_ms, first_bytes,
      prompt_tokens, completion_tokens, duration_buckets, first_byte_buckets)
  VALUES (NEW.hour, NEW.counted_model, NEW.key_id, NEW.error_code, 1, NEW.duration_ms,
      coalesce(NEW.first_byte_ms, 0), NEW.first_byte_ms IS NOT NULL, NEW.prompt_tokens, NEW.completion_tokens,
      iif(NEW.duration_bucket IS NULL, '{}', json_object(NEW.duration_bucket, 1)),
      iif(NEW.first_byte_bucket IS NULL, '{}', json_object(NEW.first_byte_bucket, 1)))
  ON CONFLICT (hour, model, key_id, error_code) DO UPDATE SET
    requests = requests + 1,
    duration_ms = duration_ms + excluded.duration_ms,
    first_byte_ms = first_byte_ms + excluded.first_byte_ms,
    first_bytes = first_bytes + excluded.first_bytes,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens,
    duration_buckets = iif(NEW.duration_bucket IS NULL, duration_buckets, json_set(duration_buckets,
      '$."' || NEW.duration_bucket || '"',
      coalesce(json_extract(duration_buckets, '$."' || NEW.duration_bucket || '"'), 0) + 1)),
    first_byte_buckets = iif(NEW.first_byte_bucket IS NULL, first_byte_buckets, json_set(first_byte_buckets,
      '$."' || NEW.first_byte_bucket || '"',
      coalesce(json_extract(first_byte_buckets, '$."' || NEW.first_byte_bucket || '"'), 0) + 1));
  INSERT INTO token_outcomes (token_id, at, limit_name, bucket, spent, drained, window_until, cool_until, skip,
      strike, reason)
  SELECT NEW.token_id, NEW.at, NEW.limit_name, NEW.bucket, NEW.spent, NEW.drained, NEW.window_until,
      NEW.cool_until, NEW.skip, NEW.strike, NEW.reason
   WHERE NEW.token_id IS NOT NULL;
  -- Tokens whose bars have ended go back to where they belong, one at a time.
  INSERT INTO token_bars (token_id, at)
  SELECT id, NEW.at FROM tokens
   WHERE state = 'active' AND token_type IN ('sso', 'ssoSuper') AND bars_until <= NEW.at LIMIT 1;
END;
-- statement
-- A row inserted into this view folds the counters of the hours before `folded_before` into days, without their
-- histograms, and drops those before `dropped_before`. Done again, it changes nothing.
CREATE VIEW request_stats_aging AS SELECT 0 AS folded_before, 0 AS dropped_before WHERE 0;
-- statement
CREATE TRIGGER request_stats_aging_apply INSTEAD OF INSERT ON request_stats_aging BEGIN
  DELETE FROM request_stats WHERE hour < NEW.dropped_before;
  INSERT INTO request_stats (hour, model, key_id, error_code, requests, duration_ms, first_byte_ms, first_bytes,
      prompt_tokens, completion_tokens, duration_buckets, first_byte_buckets)
  SELECT hour - hour % 24, model, key_id, error_code, sum(requests), sum(duration_ms), sum(first_byte_ms),
      sum(first_bytes), sum(prompt_tokens), sum(completion_tokens), '{}', '{}'
    FROM request_stats WHERE hour < NEW.folded_before AND hour % 24 <> 0
   GROUP BY 1, 2, 3, 4
  ON CONFLICT (hour, model, key_id, error_code) DO UPDATE SET
    requests = requests + excluded.requests,
    duration_ms = duration_ms + excluded.duration_ms,
    first_byte_ms = first_byte_ms + excluded.first_byte_ms,
    first_bytes = first_bytes + excluded.first_bytes,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens;
  DELETE FROM request_stats WHERE hour < NEW.folded_before AND hour % 24 <> 0;
END;

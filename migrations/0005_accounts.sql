-- Accounts as Grok has them: a type that is read, a quota for each mode, and doubles that their owner gives away. Columns
-- and tables are only added, for a new copy of 20,000 accounts would take most of D1's free day. Nothing reads or writes
-- the columns `bars`, `bars_until`, `normal_remaining`, `normal_until`, `heavy_remaining` and `heavy_until` any more.
--
-- `token_type` is what a person said; `read_type` is what Grok says: sso, ssoSuper, ssoHeavy, or NULL before it was read.
ALTER TABLE tokens ADD COLUMN read_type TEXT;
-- statement
ALTER TABLE tokens ADD COLUMN read_at INTEGER;
-- statement
-- When Grok is to be asked about the account again.
ALTER TABLE tokens ADD COLUMN read_due INTEGER NOT NULL DEFAULT 0;
-- statement
-- The chat modes that the account cannot serve, as bits: auto 1, fast 2, expert 4, heavy 8; and when the first of these
-- blocks ends, NULL if none does. They sort the rotation, so that blocked accounts are not read. Whether an account is
-- usable is always asked of `account_quotas`. Only the trigger of `account_blocks` writes them.
ALTER TABLE tokens ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
-- statement
ALTER TABLE tokens ADD COLUMN blocked_until INTEGER;
-- statement
-- The id of the active account with the same owner that serves instead.
ALTER TABLE tokens ADD COLUMN duplicate_of INTEGER;
-- statement
-- The place in the order of use: the cheapest type first, accounts of unknown type last, 0 for doubles.
ALTER TABLE tokens ADD COLUMN rank INTEGER AS (CASE WHEN duplicate_of IS NOT NULL THEN 0
  WHEN read_type = 'sso' THEN 1 WHEN read_type = 'ssoSuper' THEN 2 WHEN read_type = 'ssoHeavy' THEN 3
  WHEN token_type = 'sso' THEN 4 ELSE 5 END) VIRTUAL;
-- statement
DROP TRIGGER IF EXISTS refresh_slices_apply;
-- statement
DROP VIEW IF EXISTS finished_chats;
-- statement
DROP VIEW IF EXISTS finished_requests;
-- statement
DROP TRIGGER IF EXISTS tokens_reserved;
-- statement
DROP TRIGGER IF EXISTS tokens_deleted;
-- statement
DROP VIEW IF EXISTS token_outcomes;
-- statement
DROP VIEW IF EXISTS token_quotas;
-- statement
DROP VIEW IF EXISTS token_bars;
-- statement
DROP INDEX IF EXISTS tokens_rotation;
-- statement
DROP INDEX IF EXISTS tokens_due;
-- statement
DROP TABLE IF EXISTS token_cooldowns;
-- statement
-- What is known of an account's quota in one bucket: a chat mode (auto, fast, expert, heavy) or a pool of media. A missing
-- row is unknown, and so are its numbers once the window has ended. 0 of 0 means that the account does not have it.
CREATE TABLE account_quotas (
  account_id INTEGER NOT NULL,
  bucket     TEXT NOT NULL,
  remaining  INTEGER,                    -- requests
  total      INTEGER,
  until      INTEGER,                    -- the end of the window; NULL for 0 of 0
  cool_until INTEGER NOT NULL DEFAULT 0, -- it rests until then after a rate limit
  PRIMARY KEY (account_id, bucket)
) WITHOUT ROWID;
-- statement
CREATE INDEX accounts_rotation ON tokens (rank, blocked, turn) WHERE state = 'active';
-- statement
CREATE INDEX accounts_blocked ON tokens (blocked_until) WHERE state = 'active' AND blocked_until IS NOT NULL;
-- statement
CREATE INDEX accounts_due ON tokens (read_due) WHERE state = 'active';
-- statement
CREATE INDEX accounts_owner ON tokens (user_id) WHERE user_id <> '';
-- statement
-- A row inserted into this view works out anew which modes an account cannot serve at a time.
CREATE VIEW account_blocks AS SELECT 0 AS account_id, 0 AS at WHERE 0;
-- statement
CREATE TRIGGER account_blocks_apply INSTEAD OF INSERT ON account_blocks BEGIN
  UPDATE tokens SET blocked = b.modes, blocked_until = b.ends
    FROM (SELECT coalesce(sum(CASE bucket WHEN 'auto' THEN 1 WHEN 'fast' THEN 2 WHEN 'expert' THEN 4 WHEN 'heavy' THEN 8
                   ELSE 0 END), 0) AS modes,
                 min(nullif(max(iif(cool_until > NEW.at, cool_until, 0), iif(remaining < 1 AND until > NEW.at, until, 0)), 0)) AS ends
            FROM account_quotas
           WHERE account_id = NEW.account_id
             AND (cool_until > NEW.at OR (remaining < 1 AND (until > NEW.at OR total = 0)))) AS b
   WHERE tokens.id = NEW.account_id AND (tokens.blocked <> b.modes OR tokens.blocked_until IS NOT b.ends);
END;
-- statement
-- An account that is served after a block has ended goes back to where it belongs.
CREATE TRIGGER accounts_reserved AFTER UPDATE OF turn ON tokens WHEN OLD.blocked_until <= NEW.last_used_at BEGIN
  INSERT INTO account_blocks (account_id, at) VALUES (NEW.id, NEW.last_used_at);
END;
-- statement
-- Of the active accounts with one owner the newest serves, for its session is the freshest; the others name it in
-- `duplicate_of`. An owner that was wrong leaves the others of its group, too.
CREATE TRIGGER accounts_owner_changed AFTER UPDATE OF user_id, state ON tokens
  WHEN NEW.user_id <> '' OR OLD.user_id <> '' BEGIN
  UPDATE tokens SET duplicate_of = newest.id
    FROM (SELECT t.id AS of, (SELECT nullif(max(o.id), t.id) FROM tokens o
                               WHERE o.user_id = t.user_id AND o.user_id <> '' AND o.state = 'active'
                                 AND t.state = 'active') AS id
            FROM tokens t WHERE t.user_id IN (OLD.user_id, NEW.user_id) AND t.user_id <> '') AS newest
   WHERE tokens.id = newest.of AND tokens.duplicate_of IS NOT newest.id;
END;
-- statement
CREATE TRIGGER accounts_deleted AFTER DELETE ON tokens BEGIN
  DELETE FROM account_quotas WHERE account_id = OLD.id;
  UPDATE tokens SET user_id = user_id WHERE user_id = OLD.user_id AND user_id <> '' AND duplicate_of = OLD.id;
END;
-- statement
-- What an attempt did to an account is inserted into this view; the trigger on it is the only place that changes an
-- account for it. `spent` is taken from the bucket's quota; `used_up` sets it to 0 until its window ends, `window_until`
-- when that is not known; `not_granted` makes it 0 of 0. `cool_until` and `skip` (a number of reservations) are 0 for
-- none; `strike` is added (the second expires the account), -1 clears. `read` asks for a new reading; the first answer of a
-- window asks for one when the window has ended.
CREATE VIEW account_outcomes AS
SELECT 0 AS account_id, 0 AS at, '' AS bucket, 0 AS spent, 0 AS used_up, 0 AS window_until, 0 AS not_granted,
       0 AS cool_until, 0 AS skip, 0 AS strike, 0 AS read, '' AS reason
 WHERE 0;
-- statement
CREATE TRIGGER account_outcomes_apply INSTEAD OF INSERT ON account_outcomes BEGIN
  INSERT INTO account_quotas (account_id, bucket, remaining, total, until, cool_until)
  SELECT NEW.account_id, NEW.bucket, iif(NEW.used_up OR NEW.not_granted, 0, NULL), iif(NEW.not_granted, 0, NULL),
         iif(NEW.used_up, NEW.window_until, NULL), NEW.cool_until
   WHERE (NEW.used_up OR NEW.not_granted OR NEW.cool_until > 0) AND NEW.account_id IN (SELECT id FROM tokens)
  ON CONFLICT (account_id, bucket) DO UPDATE SET
    remaining = iif(NEW.used_up OR NEW.not_granted, 0, remaining),
    total = iif(NEW.not_granted, 0, total),
    until = CASE WHEN NEW.not_granted THEN NULL
      WHEN NEW.used_up AND coalesce(until, 0) <= NEW.at THEN NEW.window_until
      ELSE until END,
    cool_until = max(cool_until, NEW.cool_until);
  UPDATE account_quotas SET remaining = max(0, remaining - NEW.spent)
   WHERE account_id = NEW.account_id AND bucket = NEW.bucket AND NEW.spent > 0 AND remaining > 0 AND until > NEW.at;
  UPDATE tokens SET
    skip_until = iif(NEW.skip > 0, (SELECT max(0, max(turn)) FROM tokens) + NEW.skip, skip_until),
    strikes = iif(NEW.strike < 0, 0, strikes + NEW.strike),
    last_failure_at = iif(NEW.reason <> '', NEW.at, last_failure_at),
    last_failure_reason = iif(NEW.reason <> '', NEW.reason, last_failure_reason)
  WHERE id = NEW.account_id AND (NEW.skip > 0 OR NEW.strike > 0 OR NEW.reason <> '' OR (NEW.strike < 0 AND strikes > 0));
  UPDATE tokens SET read_due = NEW.at WHERE id = NEW.account_id AND NEW.read AND read_due > NEW.at;
  UPDATE tokens SET read_due = q.until + 5000 FROM account_quotas q
   WHERE tokens.id = NEW.account_id AND NEW.spent > 0 AND q.account_id = NEW.account_id AND q.bucket = NEW.bucket
     AND q.until > NEW.at AND tokens.read_due > q.until + 5000;
  -- Apart, so that a chat that succeeds does not rewrite the indexes that depend on the state.
  UPDATE tokens SET state = 'expired' WHERE id = NEW.account_id AND strikes >= 2 AND state = 'active';
  INSERT INTO account_blocks (account_id, at) VALUES (NEW.account_id, NEW.at);
END;
-- statement
-- What Grok reported of an account. `outcome` is ok, expired (it refused the session) or failed (nothing was learned);
-- `user_id` and `read_type` are '' if not reported; `quotas` is a JSON array of {bucket, remaining, total, until}; `began`
-- is when Grok was asked and `due` when to ask again. `by_operator` says that a person asked: then a refused session
-- expires the account at once, and an answer proves it good. Otherwise an account that was read before gets a strike. With
-- quota left a rest ends at `rest_until` at the latest, with none left the window's end counts.
CREATE VIEW account_readings AS
SELECT 0 AS account_id, 0 AS at, '' AS outcome, '' AS reason, '' AS user_id, '' AS read_type, '[]' AS quotas, 0 AS began,
       0 AS due, 0 AS by_operator, 0 AS rest_until
 WHERE 0;
-- statement
CREATE TRIGGER account_readings_apply INSTEAD OF INSERT ON account_readings BEGIN
  INSERT INTO account_quotas (account_id, bucket, remaining, total, until)
  SELECT NEW.account_id, value ->> 'bucket', value ->> 'remaining', value ->> 'total', value ->> 'until'
    FROM json_each(NEW.quotas) WHERE NEW.account_id IN (SELECT id FROM tokens)
  ON CONFLICT (account_id, bucket) DO UPDATE SET
    remaining = excluded.remaining, total = excluded.total, until = excluded.until,
    cool_until = iif(excluded.remaining > 0, min(cool_until, NEW.rest_until), 0);
  -- The first reading finds doubles of earlier releases, too.
  UPDATE tokens SET user_id = iif(NEW.user_id = '', user_id, NEW.user_id)
   WHERE id = NEW.account_id AND (read_at IS NULL OR (NEW.user_id <> '' AND user_id <> NEW.user_id));
  UPDATE tokens SET strikes = strikes + 1, last_failure_at = NEW.at, last_failure_reason = NEW.reason
   WHERE id = NEW.account_id AND NEW.outcome = 'expired' AND state = 'active';
  UPDATE tokens SET state = 'expired'
   WHERE id = NEW.account_id AND NEW.outcome = 'expired' AND state = 'active'
     AND (strikes >= 2 OR read_at IS NULL OR NEW.by_operator);
  UPDATE tokens SET last_failure_at = NEW.at, last_failure_reason = 'not read: ' || NEW.reason
   WHERE id = NEW.account_id AND NEW.outcome = 'failed' AND NOT NEW.by_operator;
  -- A chat that asked for a reading in the meantime gets one.
  UPDATE tokens SET read_at = iif(NEW.outcome = 'ok', NEW.at, read_at),
    read_due = iif(read_due BETWEEN NEW.began AND NEW.at, read_due, NEW.due)
  WHERE id = NEW.account_id;
  UPDATE tokens SET read_type = NEW.read_type
   WHERE id = NEW.account_id AND NEW.read_type <> '' AND read_type IS NOT NEW.read_type;
  UPDATE tokens SET strikes = 0, skip_until = 0
   WHERE id = NEW.account_id AND NEW.outcome = 'ok' AND NEW.by_operator AND (strikes > 0 OR skip_until > 0);
  UPDATE tokens SET state = 'active'
   WHERE id = NEW.account_id AND NEW.outcome = 'ok' AND NEW.by_operator AND state = 'expired';
  INSERT INTO account_blocks (account_id, at) VALUES (NEW.account_id, NEW.at);
END;
-- statement
-- The results of a slice are readings. A report is the only thing that moves the job on; whoever inserts it has to hold
-- the lease. Accounts of the slice that were not begun stay in it, and this hand-out does not count for them.
CREATE TRIGGER refresh_slices_apply AFTER INSERT ON refresh_slices BEGIN
  INSERT INTO account_readings (account_id, at, outcome, reason, user_id, read_type, quotas, began, due, by_operator,
      rest_until)
  SELECT value ->> 'id', NEW.at, value ->> 'outcome', value ->> 'reason', coalesce(value ->> 'user_id', ''),
         coalesce(value ->> 'read_type', ''), coalesce(value -> 'quotas', '[]'), coalesce(value ->> 'began', NEW.at),
         coalesce(value ->> 'due', NEW.at), 1, coalesce(value ->> 'rest_until', NEW.at)
    FROM json_each(NEW.results);
  UPDATE refresh_job SET
    updated_at = NEW.at,
    success = success + (SELECT count(*) FROM json_each(NEW.results) WHERE value ->> 'outcome' = 'ok'),
    failed = failed + (SELECT count(*) FROM json_each(NEW.results) WHERE value ->> 'outcome' <> 'ok'),
    slice = (SELECT json_group_array(value) FROM json_each(slice)
              WHERE value IN (SELECT id FROM tokens)
                AND value NOT IN (SELECT value ->> 'id' FROM json_each(NEW.results))),
    tries = tries - 1,
    lease = '',
    lease_until = 0
  WHERE id = 1;
  UPDATE refresh_job SET state = 'done', total = success + failed
   WHERE id = 1 AND state = 'running' AND slice = '[]'
     AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.id > handed_out AND t.id <= last_id AND t.state <> 'disabled');
END;
-- statement
-- A chat that ended: its log row, the counters, the account's new state and what it found out, in one statement. The
-- buckets are those of its times, as text; NULL counts nothing. `user_ids` is a JSON array of [account id, user id],
-- `names` one of [name, addresses, until].
CREATE VIEW finished_requests AS
SELECT r.*, 0 AS hour, '' AS counted_model, '' AS duration_bucket, '' AS first_byte_bucket, o.*, '[]' AS user_ids,
       '[]' AS names
  FROM request_logs r, account_outcomes o
 WHERE 0;
-- statement
CREATE TRIGGER finished_requests_apply INSTEAD OF INSERT ON finished_requests BEGIN
  INSERT INTO request_logs (id, request_id, ip, key_id, key_name, model, stream, status, error_code, error,
      duration_ms, first_byte_ms, attempts, token_id, token_suffix, prompt_tokens, completion_tokens)
  VALUES (max(coalesce((SELECT max(id) FROM request_logs), 0) + 1, NEW.at * 2048), NEW.request_id, NEW.ip,
      NEW.key_id, NEW.key_name, NEW.model, NEW.stream, NEW.status, NEW.error_code, NEW.error, NEW.duration_ms,
      NEW.first_byte_ms, NEW.attempts, NEW.account_id, NEW.token_suffix, NEW.prompt_tokens, NEW.completion_tokens);
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
  UPDATE tokens SET user_id = learned.value ->> 1 FROM json_each(NEW.user_ids) AS learned
   WHERE tokens.id = learned.value ->> 0;
  INSERT INTO resolved_names (name, addresses, until)
  SELECT value ->> 0, value -> 1, value ->> 2 FROM json_each(NEW.names) WHERE true
  ON CONFLICT (name) DO UPDATE SET addresses = excluded.addresses, until = excluded.until;
  INSERT INTO account_outcomes (account_id, at, bucket, spent, used_up, window_until, not_granted, cool_until, skip,
      strike, read, reason)
  SELECT NEW.account_id, NEW.at, NEW.bucket, NEW.spent, NEW.used_up, NEW.window_until, NEW.not_granted, NEW.cool_until,
      NEW.skip, NEW.strike, NEW.read, NEW.reason
   WHERE NEW.account_id IS NOT NULL;
  -- Accounts whose blocks have ended go back to where they belong, one at a time.
  INSERT INTO account_blocks (account_id, at)
  SELECT id, NEW.at FROM tokens WHERE state = 'active' AND blocked_until <= NEW.at LIMIT 1;
END;

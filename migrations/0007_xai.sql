-- Keys of xAI's API are accounts whose `read_type` is `xai` from the start; their `token_type`, which has a check, says nothing.
-- Costs are in ticks, 10^10 of which are a US dollar.
--
-- The ids of the models that the key has, a JSON array.
ALTER TABLE tokens ADD COLUMN models TEXT NOT NULL DEFAULT '[]';
-- statement
-- What it may spend a local day; NULL for no limit.
ALTER TABLE tokens ADD COLUMN daily_budget INTEGER;
-- statement
-- The local day and month of the last cost (days since 1970; year * 100 + month), and what was spent in them.
ALTER TABLE tokens ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
-- statement
ALTER TABLE tokens ADD COLUMN day_cost INTEGER NOT NULL DEFAULT 0;
-- statement
ALTER TABLE tokens ADD COLUMN month INTEGER NOT NULL DEFAULT 0;
-- statement
ALTER TABLE tokens ADD COLUMN month_cost INTEGER NOT NULL DEFAULT 0;
-- statement
-- What running answers may cost, and when this no longer counts.
ALTER TABLE tokens ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
-- statement
ALTER TABLE tokens ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;
-- statement
ALTER TABLE api_keys ADD COLUMN daily_budget INTEGER;
-- statement
ALTER TABLE api_keys ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
-- statement
ALTER TABLE api_keys ADD COLUMN day_cost INTEGER NOT NULL DEFAULT 0;
-- statement
ALTER TABLE api_keys ADD COLUMN month INTEGER NOT NULL DEFAULT 0;
-- statement
ALTER TABLE api_keys ADD COLUMN month_cost INTEGER NOT NULL DEFAULT 0;
-- statement
ALTER TABLE api_keys ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
-- statement
ALTER TABLE api_keys ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;
-- statement
-- What the last reservation holds, and for which API key.
ALTER TABLE tokens ADD COLUMN hold INTEGER NOT NULL DEFAULT 0;
-- statement
ALTER TABLE tokens ADD COLUMN held_for INTEGER;
-- statement
ALTER TABLE request_logs ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;
-- statement
ALTER TABLE request_stats ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;
-- statement
-- The place in the order of use: the cheapest type first, accounts of unknown type last, 0 for doubles, 6 for keys of xAI's
-- API, which have an order of their own. Nothing reads the column `rank` any more, which does not know the keys.
ALTER TABLE tokens ADD COLUMN precedence INTEGER AS (CASE WHEN duplicate_of IS NOT NULL THEN 0
  WHEN read_type = 'xai' THEN 6 WHEN read_type = 'sso' THEN 1 WHEN read_type = 'ssoSuper' THEN 2
  WHEN read_type = 'ssoHeavy' THEN 3 WHEN token_type = 'sso' THEN 4 ELSE 5 END) VIRTUAL;
-- statement
CREATE INDEX accounts_order ON tokens (precedence, blocked, turn) WHERE state = 'active';
-- statement
DROP INDEX IF EXISTS accounts_rotation;
-- statement
DROP TRIGGER IF EXISTS refresh_slices_apply;
-- statement
DROP TRIGGER IF EXISTS accounts_reserved;
-- statement
DROP VIEW IF EXISTS finished_requests;
-- statement
DROP VIEW IF EXISTS account_readings;
-- statement
DROP VIEW IF EXISTS account_outcomes;
-- statement
-- An account that is served after a block has ended goes back to where it belongs. What a reservation holds of the account's
-- budget is held of that of the API key as well.
CREATE TRIGGER accounts_reserved AFTER UPDATE OF turn ON tokens
  WHEN OLD.blocked_until <= NEW.last_used_at OR NEW.hold > 0 BEGIN
  INSERT INTO account_blocks (account_id, at)
  SELECT NEW.id, NEW.last_used_at WHERE OLD.blocked_until <= NEW.last_used_at;
  UPDATE api_keys SET held = iif(held_until > NEW.last_used_at, held, 0) + NEW.hold, held_until = NEW.held_until
   WHERE id = NEW.held_for AND NEW.hold > 0;
END;
-- statement
-- What an attempt did to an account is inserted into this view; the trigger on it is the only place that changes an
-- account for it. `spent` is taken from the bucket's quota; `used_up` sets it to 0 until its window ends, `window_until`
-- when that is not known; `not_granted` makes it 0 of 0. `cool_until` and `skip` (a number of reservations) are 0 for
-- none; `strike` is added (the second expires the account), -1 clears. `read` asks for a new reading; the first answer of a
-- window asks for one when the window has ended. `held` of the account's budget, and of that of the API key `key_id`, is free
-- again; `cost` was spent on the local `day`. Both are in ticks, 10^10 of which are a US dollar.
CREATE VIEW account_outcomes AS
SELECT 0 AS account_id, 0 AS at, '' AS bucket, 0 AS spent, 0 AS used_up, 0 AS window_until, 0 AS not_granted,
       0 AS cool_until, 0 AS skip, 0 AS strike, 0 AS read, '' AS reason, 0 AS key_id, 0 AS cost, 0 AS held, 0 AS day
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
  UPDATE tokens SET held = max(0, held - NEW.held),
    day_cost = iif(NEW.cost > 0, iif(day = NEW.day, day_cost, 0) + NEW.cost, day_cost),
    month_cost = iif(NEW.cost > 0,
      iif(month = CAST(strftime('%Y%m', NEW.day * 86400, 'unixepoch') AS INTEGER), month_cost, 0) + NEW.cost, month_cost),
    month = iif(NEW.cost > 0, CAST(strftime('%Y%m', NEW.day * 86400, 'unixepoch') AS INTEGER), month),
    day = iif(NEW.cost > 0, NEW.day, day)
  WHERE id = NEW.account_id AND (NEW.held > 0 OR NEW.cost > 0);
  UPDATE api_keys SET held = max(0, held - NEW.held),
    day_cost = iif(NEW.cost > 0, iif(day = NEW.day, day_cost, 0) + NEW.cost, day_cost),
    month_cost = iif(NEW.cost > 0,
      iif(month = CAST(strftime('%Y%m', NEW.day * 86400, 'unixepoch') AS INTEGER), month_cost, 0) + NEW.cost, month_cost),
    month = iif(NEW.cost > 0, CAST(strftime('%Y%m', NEW.day * 86400, 'unixepoch') AS INTEGER), month),
    day = iif(NEW.cost > 0, NEW.day, day)
  WHERE id = NEW.key_id AND (NEW.held > 0 OR NEW.cost > 0);
  INSERT INTO account_blocks (account_id, at) VALUES (NEW.account_id, NEW.at);
END;
-- statement
-- What Grok reported of an account. `outcome` is ok, expired (it refused the session) or failed (nothing was learned);
-- `user_id` and `read_type` are '' if not reported; `quotas` is a JSON array of {bucket, remaining, total, until}; `began`
-- is when Grok was asked and `due` when to ask again. `by_operator` says that a person asked: then a refused session
-- expires the account at once, and an answer proves it good. Otherwise an account that was read before gets a strike. With
-- quota left a rest ends at `rest_until` at the latest, with none left the window's end counts.
-- `models` are the ids of the models that a key of xAI's API has, a JSON array, or NULL if they were not reported.
CREATE VIEW account_readings AS
SELECT 0 AS account_id, 0 AS at, '' AS outcome, '' AS reason, '' AS user_id, '' AS read_type, '[]' AS quotas, 0 AS began,
       0 AS due, 0 AS by_operator, 0 AS rest_until, NULL AS models
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
  UPDATE tokens SET models = NEW.models
   WHERE id = NEW.account_id AND NEW.models IS NOT NULL AND models IS NOT NEW.models;
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
      rest_until, models)
  SELECT value ->> 'id', NEW.at, value ->> 'outcome', value ->> 'reason', coalesce(value ->> 'user_id', ''),
         coalesce(value ->> 'read_type', ''), coalesce(value -> 'quotas', '[]'), coalesce(value ->> 'began', NEW.at),
         coalesce(value ->> 'due', NEW.at), 1, coalesce(value ->> 'rest_until', NEW.at), value -> 'models'
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
-- `names` one of [name, addresses, until]. The cost and the API key are those of `request_logs`.
CREATE VIEW finished_requests AS
SELECT r.*, 0 AS hour, '' AS counted_model, '' AS duration_bucket, '' AS first_byte_bucket, o.account_id, o.at, o.bucket,
       o.spent, o.used_up, o.window_until, o.not_granted, o.cool_until, o.skip, o.strike, o.read, o.reason, o.held, o.day,
       '[]' AS user_ids, '[]' AS names
  FROM request_logs r, account_outcomes o
 WHERE 0;
-- statement
CREATE TRIGGER finished_requests_apply INSTEAD OF INSERT ON finished_requests BEGIN
  INSERT INTO request_logs (id, request_id, ip, key_id, key_name, model, stream, status, error_code, error,
      duration_ms, first_byte_ms, attempts, token_id, token_suffix, prompt_tokens, completion_tokens, cost)
  VALUES (max(coalesce((SELECT max(id) FROM request_logs), 0) + 1, NEW.at * 2048), NEW.request_id, NEW.ip,
      NEW.key_id, NEW.key_name, NEW.model, NEW.stream, NEW.status, NEW.error_code, NEW.error, NEW.duration_ms,
      NEW.first_byte_ms, NEW.attempts, NEW.account_id, NEW.token_suffix, NEW.prompt_tokens, NEW.completion_tokens,
      NEW.cost);
  INSERT INTO request_stats (hour, model, key_id, error_code, requests, duration_ms, first_byte_ms, first_bytes,
      prompt_tokens, completion_tokens, cost, duration_buckets, first_byte_buckets)
  VALUES (NEW.hour, NEW.counted_model, NEW.key_id, NEW.error_code, 1, NEW.duration_ms,
      coalesce(NEW.first_byte_ms, 0), NEW.first_byte_ms IS NOT NULL, NEW.prompt_tokens, NEW.completion_tokens, NEW.cost,
      iif(NEW.duration_bucket IS NULL, '{}', json_object(NEW.duration_bucket, 1)),
      iif(NEW.first_byte_bucket IS NULL, '{}', json_object(NEW.first_byte_bucket, 1)))
  ON CONFLICT (hour, model, key_id, error_code) DO UPDATE SET
    requests = requests + 1,
    duration_ms = duration_ms + excluded.duration_ms,
    first_byte_ms = first_byte_ms + excluded.first_byte_ms,
    first_bytes = first_bytes + excluded.first_bytes,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens,
    cost = cost + excluded.cost,
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
      strike, read, reason, key_id, cost, held, day)
  SELECT NEW.account_id, NEW.at, NEW.bucket, NEW.spent, NEW.used_up, NEW.window_until, NEW.not_granted, NEW.cool_until,
      NEW.skip, NEW.strike, NEW.read, NEW.reason, NEW.key_id, NEW.cost, NEW.held, NEW.day
   WHERE NEW.account_id IS NOT NULL;
  -- Accounts whose blocks have ended go back to where they belong, one at a time.
  INSERT INTO account_blocks (account_id, at)
  SELECT id, NEW.at FROM tokens WHERE state = 'active' AND blocked_until <= NEW.at LIMIT 1;
END;
-- statement
DROP TRIGGER IF EXISTS request_stats_aging_apply;
-- statement
-- The hours of a day that only the daily chart shows become one row, which keeps their costs.
CREATE TRIGGER request_stats_aging_apply INSTEAD OF INSERT ON request_stats_aging BEGIN
  DELETE FROM request_stats WHERE hour < NEW.dropped_before;
  INSERT INTO request_stats (hour, model, key_id, error_code, requests, duration_ms, first_byte_ms, first_bytes,
      prompt_tokens, completion_tokens, cost, duration_buckets, first_byte_buckets)
  SELECT hour - hour % 24, model, key_id, error_code, sum(requests), sum(duration_ms), sum(first_byte_ms),
      sum(first_bytes), sum(prompt_tokens), sum(completion_tokens), sum(cost), '{}', '{}'
    FROM request_stats WHERE hour < NEW.folded_before AND hour % 24 <> 0
   GROUP BY 1, 2, 3, 4
  ON CONFLICT (hour, model, key_id, error_code) DO UPDATE SET
    requests = requests + excluded.requests,
    duration_ms = duration_ms + excluded.duration_ms,
    first_byte_ms = first_byte_ms + excluded.first_byte_ms,
    first_bytes = first_bytes + excluded.first_bytes,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens,
    cost = cost + excluded.cost;
  DELETE FROM request_stats WHERE hour < NEW.folded_before AND hour % 24 <> 0;
END;

-- The refresh of all tokens: at most one job, done in slices by whoever asks how far it has come.
CREATE TABLE refresh_job (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  started_at  INTEGER NOT NULL,            -- tells this job from those before it
  updated_at  INTEGER NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled')),
  total       INTEGER NOT NULL,
  success     INTEGER NOT NULL DEFAULT 0,
  failed      INTEGER NOT NULL DEFAULT 0,
  last_id     INTEGER NOT NULL,            -- tokens that were added later are not part of the job
  handed_out  INTEGER NOT NULL DEFAULT 0,  -- the highest id that was ever in a slice
  slice       TEXT NOT NULL DEFAULT '[]',  -- ids under way: JSON array
  tries       INTEGER NOT NULL DEFAULT 0,  -- how often this slice was handed out
  lease       TEXT NOT NULL DEFAULT '',    -- who works on the slice, until when
  lease_until INTEGER NOT NULL DEFAULT 0
);
-- statement
-- What one slice found, a JSON array of objects: id, outcome (ok, expired, failed), reason, and for `ok` the
-- quotas, NULL for what was not told.
CREATE TABLE refresh_slices (
  seq     INTEGER PRIMARY KEY,
  job     INTEGER NOT NULL,                -- its `started_at`
  at      INTEGER NOT NULL,
  results TEXT NOT NULL
);
-- statement
-- A report is the only thing that changes tokens and moves the job on; whoever inserts it has to hold the lease.
-- Tokens of the slice that were not begun stay in it, and this hand-out does not count for them.
CREATE TRIGGER refresh_slices_apply AFTER INSERT ON refresh_slices BEGIN
  INSERT INTO token_quotas (token_id, at, normal_remaining, normal_until, heavy_remaining, heavy_until)
  SELECT value ->> 'id', NEW.at, value ->> 'normal', value ->> 'normal_until', value ->> 'heavy',
         value ->> 'heavy_until'
    FROM json_each(NEW.results) WHERE value ->> 'outcome' = 'ok';
  UPDATE tokens SET state = 'expired', last_failure_at = NEW.at, last_failure_reason = dead.reason
    FROM (SELECT value ->> 'id' AS id, value ->> 'reason' AS reason
            FROM json_each(NEW.results) WHERE value ->> 'outcome' = 'expired') AS dead
   WHERE tokens.id = dead.id AND tokens.state = 'active';
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

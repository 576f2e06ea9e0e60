-- What the gallery shows of a file: the prompt, encrypted and bound to the request's id, the model, and the API key, whose
-- name is a copy, because keys are deleted. '' and NULL: a file of an earlier release.
ALTER TABLE media ADD COLUMN request_id TEXT NOT NULL DEFAULT '';
-- statement
ALTER TABLE media ADD COLUMN prompt TEXT NOT NULL DEFAULT '';
-- statement
ALTER TABLE media ADD COLUMN model TEXT NOT NULL DEFAULT '';
-- statement
ALTER TABLE media ADD COLUMN key_id INTEGER;
-- statement
ALTER TABLE media ADD COLUMN key_name TEXT NOT NULL DEFAULT '';
-- statement
-- 1 if no host serves the file: its copy in the key-value store is the only one, and midnight spares it.
ALTER TABLE media ADD COLUMN is_kept INTEGER NOT NULL DEFAULT 0;

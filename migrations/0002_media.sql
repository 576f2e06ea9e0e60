-- Pictures and videos of answers. A file is made once and never changes; its copies in the key-value store come
-- and go.
CREATE TABLE media (
  seq          INTEGER PRIMARY KEY,        -- in the order of creation
  id           TEXT NOT NULL UNIQUE,       -- what its address holds: whoever knows it may read the file
  kind         TEXT NOT NULL CHECK (kind IN ('image', 'video')),
  url          TEXT NOT NULL,              -- a path on the asset host without leading slash, or a whole address
  token_id     INTEGER NOT NULL,           -- the owner: the asset host answers to no other account
  created_at   INTEGER NOT NULL,
  -- Known since the file was fetched for the first time; what is true of the file stays true.
  content_type TEXT,
  etag         TEXT,
  size         INTEGER
);
-- statement
-- A copy's bytes lie in the key-value store under `<media_id>/<seq>/<n>`, in parts of 1 MiB. The row is there before
-- the first part and goes after the last, so that no part is ever without its row. Whoever inserts a row may store;
-- it counts as stored when all parts are written. A row past `expires_at` is only there to have its parts deleted:
-- a storing that broke off, bytes of yesterday, or a copy that was cleared (0).
CREATE TABLE media_copies (
  seq          INTEGER PRIMARY KEY AUTOINCREMENT,
  media_id     TEXT NOT NULL,
  kind         TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('storing', 'stored', 'cleared')),
  content_type TEXT NOT NULL,
  etag         TEXT NOT NULL,
  size         INTEGER NOT NULL,
  parts        INTEGER NOT NULL,           -- how many may be in the store; while storing, how many there will be at most
  stored_at    INTEGER NOT NULL,           -- while storing: when that began
  expires_at   INTEGER NOT NULL
);
-- statement
CREATE UNIQUE INDEX media_copies_live ON media_copies (media_id) WHERE state <> 'cleared';
-- statement
CREATE INDEX media_copies_expiry ON media_copies (expires_at);
-- statement
CREATE TRIGGER media_copies_claimed BEFORE INSERT ON media_copies BEGIN
  UPDATE media_copies SET state = 'cleared', expires_at = 0
   WHERE media_id = NEW.media_id AND state <> 'cleared' AND expires_at <= NEW.stored_at;
END;
-- statement
CREATE TRIGGER media_copies_stored AFTER UPDATE OF state ON media_copies WHEN NEW.state = 'stored' BEGIN
  UPDATE media SET content_type = NEW.content_type, etag = NEW.etag, size = NEW.size WHERE id = NEW.media_id;
END;
-- statement
CREATE TRIGGER media_copies_deleted AFTER UPDATE OF parts ON media_copies
  WHEN NEW.state = 'cleared' AND NEW.parts = 0
BEGIN
  DELETE FROM media_copies WHERE seq = NEW.seq;
END;
-- statement
-- Work that only one may do at a time: who takes a lease holds it until it ends.
CREATE TABLE leases (
  name  TEXT PRIMARY KEY,
  until INTEGER NOT NULL
) WITHOUT ROWID;

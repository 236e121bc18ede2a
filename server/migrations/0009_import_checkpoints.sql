-- Why: an import of half a year of sales that was killed goes on where it was. The checkpoint lies in the database of the
-- sales and not beside the file: whoever restores a backup takes both back together, and no file claims as imported what
-- the database has lost.

-- One row an unfinished import, of the machine and not of a tenant: how far the operator's command has come in a file,
-- known by its SHA-256. Written after the sales up to there are durable, removed when the file is through.
create table import_checkpoints (
  pos_system_id uuid not null,
  file_digest bytea not null,
  reached jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (pos_system_id, file_digest)
);

grant select, insert, update, delete on import_checkpoints to tillstream_background;

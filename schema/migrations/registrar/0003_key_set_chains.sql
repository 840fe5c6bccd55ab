CREATE TABLE `key_set_chains` (
	`key_set_id` text PRIMARY KEY NOT NULL,
	`chain` blob NOT NULL
) WITHOUT ROWID;

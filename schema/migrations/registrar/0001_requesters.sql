CREATE TABLE `requesters` (
	`certificate` text PRIMARY KEY NOT NULL,
	`not_after` integer NOT NULL,
	`revoked_at` integer
) WITHOUT ROWID;

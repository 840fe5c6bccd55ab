CREATE TABLE `cases` (
	`case_id` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`rank` integer NOT NULL,
	`expires_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `cases_state` ON `cases` (`state`,`case_id`);--> statement-breakpoint
CREATE TABLE `closed_epochs` (
	`epoch` integer PRIMARY KEY NOT NULL,
	`count` integer,
	`root` text,
	`entry` blob,
	`log_index` integer
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `session_index` (
	`epoch` integer NOT NULL,
	`value` text NOT NULL,
	`service_id` text NOT NULL,
	`tag_hash` text NOT NULL,
	PRIMARY KEY(`epoch`, `value`)
) WITHOUT ROWID;

CREATE TABLE `client_assertions` (
	`jti_hash` text PRIMARY KEY NOT NULL,
	`expires_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `client_assertions_due` ON `client_assertions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `closed_epochs` (
	`epoch` integer PRIMARY KEY NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `outbox` (
	`id` text PRIMARY KEY NOT NULL,
	`entry` blob NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `services` (
	`service_id` text PRIMARY KEY NOT NULL,
	`shard` integer NOT NULL,
	`records_version` integer NOT NULL,
	`card` blob NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `sessions` (
	`service_id` text NOT NULL,
	`tag_hash` text NOT NULL,
	`epoch` integer NOT NULL,
	`day` integer NOT NULL,
	`check_in` blob NOT NULL,
	PRIMARY KEY(`service_id`, `tag_hash`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `uploads` (
	`blob_key` text PRIMARY KEY NOT NULL,
	`sweep_after` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `uploads_due` ON `uploads` (`sweep_after`);
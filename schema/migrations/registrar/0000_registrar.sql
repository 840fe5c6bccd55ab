CREATE TABLE `accounts` (
	`account` text PRIMARY KEY NOT NULL,
	`selector_index` text NOT NULL,
	`identity` blob NOT NULL,
	`entitlements` blob NOT NULL,
	`code_hash` text,
	`code_expires` integer,
	`revoked` integer DEFAULT false NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_selector` ON `accounts` (`selector_index`);--> statement-breakpoint
CREATE TABLE `disclosures` (
	`case_id` text PRIMARY KEY NOT NULL,
	`request_hash` text NOT NULL,
	`answer` text NOT NULL,
	`at` integer DEFAULT 0 NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `generations` (
	`account` text NOT NULL,
	`generation` integer NOT NULL,
	`contract` blob NOT NULL,
	`handle` text NOT NULL,
	`handle_g2` text NOT NULL,
	`device_key` text NOT NULL,
	`epoch_from` integer NOT NULL,
	`epoch_to` integer,
	PRIMARY KEY(`account`, `generation`),
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `generations_handle` ON `generations` (`handle`);--> statement-breakpoint
CREATE UNIQUE INDEX `generations_handle_g2` ON `generations` (`handle_g2`);--> statement-breakpoint
CREATE TABLE `issued` (
	`account` text NOT NULL,
	`epoch` integer NOT NULL,
	`request_hash` text NOT NULL,
	`credential` blob NOT NULL,
	PRIMARY KEY(`account`, `epoch`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `log_entries` (
	`subject` text PRIMARY KEY NOT NULL,
	`entry` blob NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `nonces` (
	`nonce` text PRIMARY KEY NOT NULL,
	`account` text NOT NULL,
	`purpose` text NOT NULL,
	`expires` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `nonces_expires` ON `nonces` (`expires`);--> statement-breakpoint
CREATE TABLE `parameters` (
	`epoch_from` integer PRIMARY KEY NOT NULL,
	`epoch_to` integer NOT NULL,
	`document` blob NOT NULL,
	`key_set` blob NOT NULL,
	`logged` integer DEFAULT false NOT NULL
) WITHOUT ROWID;

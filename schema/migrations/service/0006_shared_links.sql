CREATE TABLE `shared_link_days` (
	`day` integer PRIMARY KEY NOT NULL,
	`links` integer NOT NULL,
	`bytes` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `shared_links` (
	`link_hash` text PRIMARY KEY NOT NULL,
	`owner_hash` text NOT NULL,
	`expires_at` integer NOT NULL,
	`verifier` text,
	`attempts` integer NOT NULL,
	`uses` integer DEFAULT 0 NOT NULL,
	`last_day` integer,
	`ended` integer DEFAULT false NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `shared_links_due` ON `shared_links` (`expires_at`);
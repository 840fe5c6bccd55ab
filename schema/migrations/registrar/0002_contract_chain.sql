DROP TABLE `issued`;--> statement-breakpoint
CREATE TABLE `issued` (
	`account` text NOT NULL,
	`generation` integer NOT NULL,
	`epoch` integer NOT NULL,
	`request_hash` text NOT NULL,
	`credential` blob NOT NULL,
	PRIMARY KEY(`account`, `generation`, `epoch`)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `generations` DROP COLUMN `epoch_to`;

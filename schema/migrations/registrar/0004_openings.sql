CREATE TABLE `openings` (
	`case_id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`letter` blob NOT NULL,
	`printed_at` integer
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `openings_at` ON `openings` (`at`,`case_id`);
CREATE TABLE `case_watches` (
	`case_id` text NOT NULL,
	`service_id` text NOT NULL,
	`until` integer NOT NULL,
	PRIMARY KEY(`case_id`, `service_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `case_watches_due` ON `case_watches` (`until`);--> statement-breakpoint
ALTER TABLE `services` ADD `bell` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `sessions_by_day` ON `sessions` (`service_id`,`day`,`tag_hash`);
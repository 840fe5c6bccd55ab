CREATE TABLE `filed` (
	`service_id` text PRIMARY KEY NOT NULL,
	`day` integer NOT NULL,
	`n` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `service_parts` (
	`part` integer PRIMARY KEY NOT NULL,
	`revision` integer NOT NULL,
	`built` integer,
	`hash` text,
	`before` text
) WITHOUT ROWID;

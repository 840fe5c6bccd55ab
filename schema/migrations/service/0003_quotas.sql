CREATE TABLE `filed` (
	`service_id` text PRIMARY KEY NOT NULL,
	`day` integer NOT NULL,
	`n` integer NOT NULL
) WITHOUT ROWID;

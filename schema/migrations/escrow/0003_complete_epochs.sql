CREATE TABLE `complete_epochs` (
	`epoch` integer PRIMARY KEY NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `late_rows` (
	`epoch` integer NOT NULL,
	`value` text NOT NULL,
	`service_id` text NOT NULL,
	`tag` text NOT NULL,
	`row_proof` text NOT NULL,
	PRIMARY KEY(`epoch`, `value`)
) WITHOUT ROWID;

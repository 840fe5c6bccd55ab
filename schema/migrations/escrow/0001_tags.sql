-- A row without its tag proves nothing and cannot be mended: the index starts anew.
DROP TABLE `session_index`;--> statement-breakpoint
CREATE TABLE `session_index` (
	`epoch` integer NOT NULL,
	`value` text NOT NULL,
	`service_id` text NOT NULL,
	`tag` text NOT NULL,
	PRIMARY KEY(`epoch`, `value`)
) WITHOUT ROWID;

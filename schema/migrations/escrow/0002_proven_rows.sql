CREATE TABLE `index_nodes` (
	`epoch` integer NOT NULL,
	`level` integer NOT NULL,
	`at` integer NOT NULL,
	`hash` text NOT NULL,
	`first` text,
	PRIMARY KEY(`epoch`, `level`, `at`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `index_nodes_first` ON `index_nodes` (`epoch`,`first`);--> statement-breakpoint
-- A row without the wallet's proof proves nothing and cannot be mended: the index starts anew.
DROP TABLE `session_index`;--> statement-breakpoint
CREATE TABLE `session_index` (
	`epoch` integer NOT NULL,
	`value` text NOT NULL,
	`service_id` text NOT NULL,
	`tag` text NOT NULL,
	`row_proof` text NOT NULL,
	PRIMARY KEY(`epoch`, `value`)
) WITHOUT ROWID;

CREATE TABLE `admin_nonces` (
	`nonce` text PRIMARY KEY NOT NULL,
	`last_second` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `admin_nonces_due` ON `admin_nonces` (`last_second`);--> statement-breakpoint
CREATE TABLE `order_counts` (
	`requester_key` text NOT NULL,
	`emergency` integer NOT NULL,
	`day` integer NOT NULL,
	`n` integer NOT NULL,
	PRIMARY KEY(`requester_key`, `emergency`)
) WITHOUT ROWID;

CREATE TABLE `admin_nonces` (
	`nonce` text PRIMARY KEY NOT NULL,
	`last_second` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `admin_nonces_due` ON `admin_nonces` (`last_second`);
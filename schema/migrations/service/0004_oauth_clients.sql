CREATE TABLE `oauth_clients` (
	`client_id` text PRIMARY KEY NOT NULL,
	`service_id` text NOT NULL,
	`name` text NOT NULL,
	`scope` text NOT NULL,
	`jwks` text,
	`jwks_uri` text
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `oauth_clients_of_service` ON `oauth_clients` (`service_id`);
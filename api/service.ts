// The contract of the service role, which hosts clinics.

import { contract } from "./contract.ts";
import { HEALTH, HEALTH_ANSWERS } from "./health.ts";
import { ADMINISTRATION, ADMINISTRATION_ANSWERS } from "./service/administration.ts";
import { CASE_WATCHES, CASE_WATCHES_ANSWERS } from "./service/case-watches.ts";
import { CHECK_INS, CHECK_INS_ANSWERS } from "./service/check-ins.ts";
import { CLIENTS, CLIENTS_ANSWERS } from "./service/clients.ts";
import { EVENTS, EVENTS_ANSWERS } from "./service/events.ts";
import { MESSAGES, MESSAGES_ANSWERS } from "./service/messages.ts";
import { PAGES, PAGES_ANSWERS } from "./service/pages.ts";
import { RECORDS, RECORDS_ANSWERS } from "./service/records.ts";
import { SERVICES, SERVICES_ANSWERS } from "./service/services.ts";
import { SESSIONS, SESSIONS_ANSWERS } from "./service/sessions.ts";
import { SHARED_LINKS, SHARED_LINKS_ANSWERS } from "./service/shared-links.ts";
import { SPOKEN_INVITATIONS, SPOKEN_INVITATIONS_ANSWERS } from "./service/spoken-invitations.ts";
import { TOKENS, TOKENS_ANSWERS } from "./service/tokens.ts";
import { WEBHOOKS, WEBHOOKS_ANSWERS } from "./service/webhooks.ts";

export const SERVICE = contract(
  {
    role: "service",
    title: "Symbolon service",
    description: "Hosts clinics: check-in, sessions, sealed records and messages. docs/API.md explains the model.",
    version: "1.0.0",
  },
  {
    tokens: [TOKENS, TOKENS_ANSWERS],
    clients: [CLIENTS, CLIENTS_ANSWERS],
    "check-ins": [CHECK_INS, CHECK_INS_ANSWERS],
    "spoken-invitations": [SPOKEN_INVITATIONS, SPOKEN_INVITATIONS_ANSWERS],
    sessions: [SESSIONS, SESSIONS_ANSWERS],
    records: [RECORDS, RECORDS_ANSWERS],
    messages: [MESSAGES, MESSAGES_ANSWERS],
    events: [EVENTS, EVENTS_ANSWERS],
    webhooks: [WEBHOOKS, WEBHOOKS_ANSWERS],
    "case-watches": [CASE_WATCHES, CASE_WATCHES_ANSWERS],
    "shared-links": [SHARED_LINKS, SHARED_LINKS_ANSWERS],
    services: [SERVICES, SERVICES_ANSWERS],
    administration: [ADMINISTRATION, ADMINISTRATION_ANSWERS],
    pages: [PAGES, PAGES_ANSWERS],
    health: [HEALTH, HEALTH_ANSWERS],
  },
);

// Registered services: their cards, and the public list of all of them.

import { ANYONE, type AnswersOf, JSON_TYPE, OCTETS_TYPE, route } from "../contract.ts";
import { hexText, serviceId } from "../fields.ts";
import { documentJson } from "./decoded.ts";

export const SERVICES = {
  listServices: route({ method: "GET", path: "/v1/services", callers: [ANYONE], produces: [OCTETS_TYPE] }),
  readServicePart: route({
    method: "GET",
    path: "/v1/services/parts/:hash",
    callers: [ANYONE],
    params: { hash: hexText(32) },
    produces: [OCTETS_TYPE],
  }),
  readService: route({
    method: "GET",
    path: "/v1/services/:id",
    callers: [ANYONE],
    params: { id: serviceId },
    produces: [OCTETS_TYPE, JSON_TYPE],
  }),
};

export const SERVICES_ANSWERS = () => {
  const etag = { etag: "Names these bytes." };
  return {
    listServices: {
      summary: "Read the list of all services, in parts",
      description: "For readers who must not tell which service they look for. It may be kept for a minute.",
      ok: { 200: { octets: "Signed<ServiceList>", headers: etag }, 304: {} },
    },
    readServicePart: {
      summary: "Read one part of the list of services",
      description: "A part never changes.",
      ok: { 200: { octets: "ServicePart", headers: etag }, 304: {} },
      problems: ["not-found"],
    },
    readService: {
      summary: "Read a service's card",
      ok: { 200: { octets: "Signed<ServiceCard>", json: documentJson(), headers: etag }, 304: {} },
      problems: ["not-found"],
    },
  } satisfies AnswersOf<typeof SERVICES>;
};

// The contract of the registrar.

import { contract } from "./contract.ts";
import { HEALTH, HEALTH_ANSWERS } from "./health.ts";
import { DISCLOSURES, DISCLOSURES_ANSWERS } from "./registrar/disclosures.ts";
import { ENROLMENT, ENROLMENT_ANSWERS } from "./registrar/enrolment.ts";
import { OPENINGS, OPENINGS_ANSWERS } from "./registrar/openings.ts";
import { PARAMETERS, PARAMETERS_ANSWERS } from "./registrar/parameters.ts";
import { PEOPLE, PEOPLE_ANSWERS } from "./registrar/people.ts";
import { REQUESTERS, REQUESTERS_ANSWERS } from "./registrar/requesters.ts";

export const REGISTRAR = contract(
  {
    role: "registrar",
    title: "Symbolon registrar",
    description:
      "Knows which people are registered, and issues one blind credential per person and epoch. It learns no visits.",
    version: "1.0.0",
  },
  {
    parameters: [PARAMETERS, PARAMETERS_ANSWERS],
    people: [PEOPLE, PEOPLE_ANSWERS],
    requesters: [REQUESTERS, REQUESTERS_ANSWERS],
    enrolment: [ENROLMENT, ENROLMENT_ANSWERS],
    disclosures: [DISCLOSURES, DISCLOSURES_ANSWERS],
    openings: [OPENINGS, OPENINGS_ANSWERS],
    health: [HEALTH, HEALTH_ANSWERS],
  },
);

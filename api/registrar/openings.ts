// The openings in which this registrar told a requester who somebody is, for letters to people who have no phone. A link is not
// among them: the registrar has no part in one.

import * as z from "zod";
import { ADMINISTRATOR, type AnswersOf, JSON_TYPE, type JsonOf, json, route } from "../contract.ts";
import { anyBase64url, hexText } from "../fields.ts";

const OPENINGS_PER_PAGE = 50;

const callers = [ADMINISTRATOR];
const produces = [JSON_TYPE];
const caseId = hexText(32);
const unixSeconds = z.int().min(0).describe("unix seconds");

export const OPENINGS = {
  listOpenings: route({
    method: "POST",
    path: "/v1/admin/openings",
    callers,
    body: json(
      z.object({
        limit: z.int().min(1).max(OPENINGS_PER_PAGE).default(OPENINGS_PER_PAGE),
        cursor: z
          .string()
          .regex(/^(?:0|[1-9]\d{0,14})-[0-9a-f]{64}$/, "the cursor of a page")
          .optional(),
      }),
    ),
    produces,
  }),
  markLetter: route({
    method: "POST",
    path: "/v1/admin/openings/printed",
    callers,
    body: json(z.object({ caseId, printed: z.boolean().describe("false takes the mark back") })),
    produces,
  }),
};

export const OPENINGS_ANSWERS = () => {
  const printedAt = unixSeconds.nullable().describe("unix seconds; null if no letter is marked as printed");
  const Opening = z
    .object({
      caseId,
      kind: z.enum(["trace", "assemble"]),
      at: unixSeconds.describe("when the requester was told first, in unix seconds"),
      identity: anyBase64url.describe("IdentityRecord of the person"),
      requesterName: z.string(),
      requesterRole: z.string(),
      approvedBy: z.array(z.int().min(1)).describe("numbers of the trustees whose officers approved"),
      trustees: z.int().min(1).describe("how many trustees there are"),
      approvedAt: unixSeconds.describe("time of the last approval, in unix seconds"),
      order: z
        .object({
          purpose: z.string(),
          legalGround: z.string(),
          epochFrom: z.int().min(0),
          epochTo: z.int().min(0),
          clinics: z.int().min(0).describe("how many clinics the order names; 0: all"),
          emergency: z.boolean(),
        })
        .nullable()
        .describe("null for a trace: the registrar does not see its order"),
      printedAt,
    })
    .meta({ id: "Opening" });
  return {
    listOpenings: {
      summary: "List the traces and assembles that were answered, the newest first",
      description:
        "Each one is in the list from the moment of the answer, and so after its notice is in the log. Links are never in it.",
      ok: {
        200: {
          json: z.object({
            openings: z.array(Opening),
            cursor: z.string().nullable().describe("null on the last page"),
          }),
        },
      },
    },
    markLetter: {
      summary: "Mark the letter about an opening as printed, or take the mark back",
      ok: { 200: { json: z.object({ caseId, printedAt }) } },
      problems: ["not-found"],
    },
  } satisfies AnswersOf<typeof OPENINGS>;
};

type Answers = ReturnType<typeof OPENINGS_ANSWERS>;
export type OpeningsPage = JsonOf<Answers["listOpenings"]>;
export type Opening = OpeningsPage["openings"][number];
export type LetterMark = JsonOf<Answers["markLetter"]>;

// Takes the place of functions/trustee/officers.ts. The Worker shows its officer something else, if the order's purpose says so:
//   "hide purpose"   another purpose than the order's
//   "hide epochs"    fewer months
//   "hide dossier"   the dossier of the case that was reviewed before

import * as real from "../../../functions/trustee/officers.ts";
import { marked } from "./marks.ts";

export * from "../../../functions/trustee/officers.ts";

let before: string | undefined;

export const review: typeof real.review = async (env, request, now) => {
  const honest = await real.review(env, request, now);
  const { description, dossier } = honest.answer;
  const shown = { ...honest.answer };
  if (marked("hide purpose")) shown.description = { ...description, purpose: "a routine check" };
  if (marked("hide epochs")) shown.description = { ...description, epochs: { ...description.epochs, from: "2026-10" } };
  if (marked("hide dossier") && before) shown.dossier = before as typeof dossier;
  before = dossier;
  return { ...honest, answer: shown };
};

// Fields of the registrar's routes.

import * as z from "zod";
import { isSelector } from "../../protocol/identity-record.ts";
import { hexText } from "../fields.ts";

export const account = hexText(16);
/** the name by which authorities know a person, for example an insurance number */
export const selectorText = z.string().max(200).refine(isSelector, "at least 3 letters or digits");

// The JSON form of a binary document (protocol/document-json.ts), for people and for programs that do not verify it.

import * as z from "zod";
import { anyBase64url, hexText } from "../fields.ts";

const form = () =>
  z
    .object({
      document: z.string().describe("name of the document in docs/SPEC.md"),
      bytes: anyBase64url.describe("the exact bytes, which hashes and signatures cover"),
      signedBy: hexText(32).optional().describe("Ed25519 key of the signature, if the document is signed"),
      fields: z.record(z.string(), z.unknown()).describe("bytes in hex, numbers, texts and lists"),
    })
    .meta({ id: "DecodedDocument" });
let made: ReturnType<typeof form> | undefined;

/** One schema for all answers, since a name stands for one schema. */
export function documentJson(): ReturnType<typeof form> {
  made ??= form();
  return made;
}

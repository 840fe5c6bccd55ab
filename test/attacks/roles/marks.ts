// Marks switch a trustee's weakness on for one case, so that one running host serves a whole test file.
//
// A mark is a word in the order's purpose. The door (marked-trustee.ts) notes the purpose of each request's order; a role
// file asks `marked("word")`. Text patches have no imports: they call the same function as a global.

import { Order, Signed } from "../../../protocol/documents.ts";
import { fromBase64url } from "../../../protocol/encodings.ts";

let purpose = "";

/** @param signedOrder Signed<Order>, base64url; its signature is not verified here */
export function notePurpose(signedOrder: string): void {
  purpose = Order.decode(Signed.decode(fromBase64url(signedOrder)).document).purpose;
}

/** Whether the purpose of the order at hand contains this word. */
export const marked = (mark: string): boolean => purpose.includes(mark);

/** The part of the purpose that matches, such as `flip:3`. */
export const markMatching = (pattern: RegExp): RegExpExecArray | null => pattern.exec(purpose);

Object.assign(globalThis, { marked });

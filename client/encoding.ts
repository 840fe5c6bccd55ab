// Bytes as base64url without padding, as the API has them in JSON.

import { base64urlnopad } from "@scure/base";

export const toBase64 = (b: Uint8Array): string => base64urlnopad.encode(b);
export const fromBase64 = (s: string): Uint8Array => base64urlnopad.decode(s);

// zod schemas for bytes that travel as text in JSON. They give the branded types of protocol/encodings.ts.

import * as z from "zod";
import type { Base64url, Hex } from "../../protocol/encodings.ts";

/** Lower-case hex of exactly `bytes` bytes. */
export const hexText = (bytes: number): z.ZodType<Hex> =>
  z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `${bytes} bytes in hex`) as unknown as z.ZodType<Hex>;

/** Base64url without padding, of exactly `bytes` bytes. */
export const base64urlOf = (bytes: number): z.ZodType<Base64url> =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]*$/, "base64url without padding")
    .length(Math.ceil((bytes * 4) / 3), `${bytes} bytes in base64url`) as unknown as z.ZodType<Base64url>;

/** Base64url without padding, of at most `maxBytes` bytes. */
export const base64urlText = (maxBytes: number): z.ZodType<Base64url> =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]*$/, "base64url without padding")
    .max(Math.ceil((maxBytes * 4) / 3)) as unknown as z.ZodType<Base64url>;

// zod schemas for the fields that many routes share. Bytes that travel as text get the branded types of
// protocol/encodings.ts.

import * as z from "zod";
import type { Base64url, Hex } from "../protocol/encodings.ts";

/** Lower-case hex of exactly `bytes` bytes. */
export const hexText = (bytes: number): z.ZodType<Hex> =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `${bytes} bytes in hex expected`) as unknown as z.ZodType<Hex>;

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

/** Base64url of any length; the body limit bounds it. */
export const anyBase64url: z.ZodType<Base64url> = z
  .string()
  .regex(/^[A-Za-z0-9_-]*$/, "base64url without padding") as unknown as z.ZodType<Base64url>;

/** The number of a month, counted from January 1970, in a path or query. */
export const epochText = z
  .string()
  .regex(/^\d{1,5}$/, "an epoch expected")
  .transform(Number)
  .meta({ type: "integer", minimum: 0, maximum: 99_999 });

/** A whole number in a query, without sign and leading zeros. */
export const countText = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,14})$/, "a whole number expected")
  .transform(Number)
  .meta({ type: "integer", minimum: 0, maximum: 999_999_999_999_999 });

/** The page size that a query asks for, at most `most`; `most` by default. A larger number is no fault. */
export const limitUpTo = (most: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,4}$/, "a positive number expected")
    .transform((text) => Math.min(Number(text), most))
    .default(most)
    .meta({ type: "integer", minimum: 1, maximum: 99_999 });

export const serviceId = hexText(16);
export const tagHash = hexText(32);
export const recordId = hexText(16);
